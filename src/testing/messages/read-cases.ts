import assert from 'node:assert/strict';
import { ids } from '../fixtures.js';
import { assertStored, call, createMessages, type MessageCases, result, say } from './fixtures.js';

const { contextId } = ids;

/** What is read, and that a model accepts it. */
export const readCases: MessageCases = {
  'gives an empty history of a session that it does not know': async ({ open }) => {
    await assertStored(open(), []);
    assert.deepEqual(await open().getAll(contextId), []);
    assert.deepEqual(await open().getRecent(contextId, { maxMessages: 5, maxTokens: 5 }), []);
  },

  'reads any part of a long history': async ({ open }) => {
    const ours = open();
    const messages = [20, 700, 3_000].flatMap((size, index) => createMessages(50, size, index * 50));
    for (const message of messages) await ours.append(contextId, message);
    const fresh = open();
    await assertStored(fresh, messages);
    for (const [start, end] of [
      [0, 1],
      [49, 101],
      [140, 900],
      [150, 160],
      [7, 7],
    ] as const)
      assert.deepEqual(await fresh.getRange(contextId, start, end), messages.slice(start, end));
    for (const maxMessages of [1, 50, 149, 1_000])
      assert.deepEqual(await fresh.getRecent(contextId, { maxMessages }), messages.slice(-maxMessages));
    assert.deepEqual(await fresh.getRecent(contextId), messages);
  },

  'reads as many of the newest messages as have room in a number of tokens': async ({ open }) => {
    const ours = open();
    const messages = Array.from({ length: 30 }, (_, index) => say(`${index}`.padEnd(400, '.')));
    await ours.append(contextId, messages);
    assert.deepEqual(await ours.getRecent(contextId, { maxTokens: 350 }), messages.slice(-3));
    assert.deepEqual(await ours.getRecent(contextId, { maxTokens: 350, maxMessages: 2 }), messages.slice(-2));
    assert.deepEqual(await ours.getRecent(contextId, { maxTokens: 1 }), messages.slice(-1));
  },

  'leaves out a call that has no result, and changes nothing stored': async ({ open }) => {
    const stored = [say('one'), call('a', 'b'), result('b'), say('two'), call('c'), say('three')];
    const ours = open();
    await ours.append(contextId, stored);
    const { toolCalls: _, ...silent } = call('c');
    assert.deepEqual(await ours.getAll(contextId), [
      say('one'),
      call('b'),
      result('b'),
      say('two'),
      silent,
      say('three'),
    ]);
    await assertStored(open(), stored);
  },

  'answers a call that has no result, if it is told to': async ({ open }) => {
    const ours = open({ heal: 'answer' });
    await ours.append(contextId, [call('a'), say('one')]);
    const [asked, answer, ...rest] = await ours.getAll(contextId);
    assert.deepEqual([asked, ...rest], [call('a'), say('one')]);
    assert.deepEqual([answer?.role, answer?.toolCallId], ['tool', 'a']);
    await assertStored(open(), [call('a'), say('one')]);
  },

  'finds a result that has come late': async ({ open }) => {
    const ours = open();
    await ours.append(contextId, [say('one'), call('a')]);
    await open().append(contextId, result('a'));
    assert.deepEqual(await ours.getAll(contextId), [say('one'), call('a'), result('a')]);
  },

  'parts no result from its call, whatever the limits': async ({ open }) => {
    const ours = open();
    const stored = [say('one'), call('a', 'b'), result('a'), result('b'), say('two')];
    await ours.append(contextId, stored);
    assert.deepEqual(await ours.getRecent(contextId, { maxMessages: 2 }), [say('two')]);
    assert.deepEqual(await ours.getRecent(contextId, { maxMessages: 4 }), stored.slice(1));
    await ours.append(contextId, [call('c'), result('c')]);
    assert.deepEqual(await ours.getRecent(contextId, { maxMessages: 1 }), [call('c'), result('c')]);
    assert.deepEqual(await ours.getRecent(contextId, { maxTokens: 1 }), [call('c'), result('c')]);
  },

  'leaves out results that nobody has asked for, and those that are there twice': async ({ open }) => {
    const ours = open();
    await ours.append(contextId, [result('x'), call('a'), say('one'), result('a'), result('a'), result('y')]);
    assert.deepEqual(await ours.getAll(contextId), [call('a'), result('a'), say('one')]);
  },
};
