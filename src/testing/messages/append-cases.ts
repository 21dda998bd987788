import assert from 'node:assert/strict';
import { assertFails, createClock, ids } from '../fixtures.js';
import { assertSameValue } from '../same-value.js';
import { assertStored, createMessages, type MessageCases, say } from './fixtures.js';

const { contextId } = ids;

/** What is appended is there, once, in order, and as it was. */
export const appendCases: MessageCases = {
  'appends one message or several, behind all others': async ({ open }) => {
    const ours = open();
    await ours.append(contextId, say('one'));
    await ours.append(contextId, [say('two'), say('three')]);
    await ours.append(contextId, []);
    await assertStored(open(), [say('one'), say('two'), say('three')]);
    await assertStored(ours, [say('one'), say('two'), say('three')]);
  },

  'keeps in a message what a state keeps, and fields that it does not know': async ({ open }) => {
    const at = new Date(4);
    const rich = say('one', { at, seen: new Map([[at, new Set([1n])]]), none: undefined, __proto__: null });
    await open().append(contextId, rich);
    assertSameValue(await open().getAll(contextId), [rich]);
  },

  'shares nothing with what was appended or read': async ({ open }) => {
    const ours = open();
    const message = say('one', { tags: ['a'] });
    const appended = ours.append(contextId, message);
    message.content = 'changed';
    await appended;
    const [read] = await ours.getAll(contextId);
    Object.assign(Object(read), { content: 'changed too' });
    await assertStored(ours, [say('one', { tags: ['a'] })]);
  },

  'refuses what cannot be kept, with the path, and appends nothing of it': async ({ open }) => {
    const ours = open();
    const error = await assertFails(
      ours.append(contextId, [say('one'), say('two', { run: String })]),
      'UNSERIALIZABLE',
    );
    assert.match(error.message, /messages\[1\]\.run/);
    for (const wrong of [{ role: 'user' }, { role: 'other', content: '' }, { ...say('x'), toolCalls: [1] }])
      await assertFails(Reflect.apply(ours.append, ours, [contextId, wrong]), 'UNSERIALIZABLE');
    await assertStored(open(), []);
  },

  'takes appends in the order in which they were made': async ({ open, backend }) => {
    const ours = open();
    const release = backend.faults.delayNext();
    const messages = createMessages(5);
    const appends = messages.map((message) => ours.append(contextId, message));
    const read = ours.getAll(contextId);
    release();
    await Promise.all(appends);
    assert.deepEqual(await read, messages);
    await assertStored(open(), messages);
  },

  'loses nothing of what several stores append at once, and puts nothing between': async ({ open }) => {
    const batches = Array.from({ length: 6 }, (_, index) => createMessages(3, 900, index * 3));
    await Promise.all(batches.map((batch) => open().append(contextId, batch)));
    const stored = await open().getAll(contextId);
    const found = Array.from({ length: 6 }, (_, index) => stored.slice(index * 3, index * 3 + 3));
    const toTexts = (lists: readonly unknown[]) => lists.map((list) => JSON.stringify(list)).sort();
    assert.deepEqual(toTexts(found), toTexts(batches));
  },

  'appends all of several messages or none, whichever request fails': async ({ open, backend }) => {
    const stored = createMessages(1);
    await open().append(contextId, stored);
    for (let requests = 0; requests < 8; requests++) {
      const batch = createMessages(3, 900, stored.length + 1);
      for (let request = 0; request < requests; request++) backend.faults.passNext();
      for (let request = 0; request < 20; request++) backend.faults.failNext();
      const [outcome] = await Promise.allSettled([open().append(contextId, batch)]);
      backend.faults.clear();
      const isStored = (await open().getCount(contextId)) > stored.length;
      assert.ok(isStored || outcome.status === 'rejected', 'What was acknowledged is not there.');
      if (isStored) stored.push(...batch);
      await assertStored(open(), stored);
    }
  },

  'appends once if the answer is lost, or the client sends it twice': async ({ open, backend }) => {
    const ours = open();
    await ours.append(contextId, say('one'));
    backend.faults.loseNextAnswer();
    await ours.append(contextId, say('two'));
    backend.faults.repeatNext();
    await ours.append(contextId, say('three'));
    await assertStored(open(), [say('one'), say('two'), say('three')]);
  },

  'appends once if rivals have come on top of what was sent twice': async ({ open, backend }) => {
    const ours = open();
    await ours.append(contextId, say('one'));
    const rival = open();
    const rivals = createMessages(12);
    backend.faults.repeatNext(async () => {
      for (const message of rivals) await rival.append(contextId, message);
    });
    await ours.append(contextId, say('two'));
    await assertStored(open(), [say('one'), say('two'), ...rivals]);
  },

  'appends once if it is called again after nobody had answered': async ({ open, backend }) => {
    const ours = open();
    await ours.append(contextId, say('one'));
    for (const text of ['two', 'three']) {
      if (text === 'two') backend.faults.loseNextAnswer();
      for (let request = 0; request < 20; request++) backend.faults.failNext();
      await assertFails(ours.append(contextId, say(text)), 'UNAVAILABLE');
      backend.faults.clear();
      await ours.append(contextId, say(text));
    }
    await assertStored(open(), [say('one'), say('two'), say('three')]);
  },

  'keeps two equal messages that were both acknowledged': async ({ open }) => {
    const ours = open();
    for (let time = 0; time < 3; time++) await ours.append(contextId, say('yes'));
    await assertStored(open(), [say('yes'), say('yes'), say('yes')]);
  },

  'keeps each message for as long as it was told when it was appended': async ({ open }) => {
    const { now, advance } = createClock();
    const brief = open({ now, ttlSeconds: 60 });
    await brief.append(contextId, say('one'));
    advance(30_000);
    await brief.append(contextId, say('two'));
    await open({ now, ttlSeconds: 3_600 }).append(contextId, say('three'));
    advance(29_999);
    await assertStored(open({ now }), [say('one'), say('two'), say('three')]);
    advance(1);
    await assertStored(open({ now, ttlSeconds: 1 }), [say('two'), say('three')]);
    advance(30_000);
    await assertStored(open({ now }), [say('three')]);
    advance(10 * 86_400_000);
    await assertStored(open({ now }), []);
    await brief.append(contextId, say('four'));
    await assertStored(open({ now }), [say('four')]);
  },
};
