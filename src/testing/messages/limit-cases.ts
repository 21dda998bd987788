import assert from 'node:assert/strict';
import { assertFails, ids } from '../fixtures.js';
import { assertStored, createMessages, type MessageCases, say } from './fixtures.js';

const { agentId, contextId } = ids;
const secret = 'a-word-that-must-stay-in-the-history';

/** Keys, limits and failures. */
export const limitCases: MessageCases = {
  'keeps every pair of agent and session apart': async ({ open }) => {
    const pairs = [
      ['a', 'b'],
      ['a:', 'b'],
      ['a', ':b'],
      ['a#message', 'b'],
      ['b', 'a'],
    ] as const;
    for (const [agent, context] of pairs)
      await open({ agentId: agent }).append(context, say(agent + context));
    for (const [agent, context] of pairs)
      assert.deepEqual(await open({ agentId: agent }).getAll(context), [say(agent + context)]);
  },

  'hides a history behind another prefix, and shows it again': async ({ open }) => {
    await open().append(contextId, say('one'));
    await assertStored(open({ messageKeyPrefix: 'other#' }), []);
    await assertStored(open({ agentKeyPrefix: 'other#' }), []);
    await assertStored(open(), [say('one')]);
  },

  'refuses ids that no backend can keep': async ({ open }) => {
    for (const id of ['', '\ud800']) {
      await assertFails(open().append(id, say('one')), 'INVALID_KEY');
      await assertFails(open().getAll(id), 'INVALID_KEY');
    }
  },

  'keeps messages of megabytes': async ({ open }) => {
    const ours = open();
    const large = say(Array.from({ length: 300_000 }, (_, index) => `${index * 7919}`).join(' '));
    await ours.append(contextId, [large, say('one')]);
    await ours.append(contextId, say('two'));
    await assertStored(open(), [large, say('one'), say('two')]);
    const tooMany = Array.from({ length: 2 }, () => large);
    await assertFails(ours.append(contextId, tooMany), 'TOO_LARGE');
    await assertStored(open(), [large, say('one'), say('two')]);
  },

  'says which history cannot be read, adds nothing to it, and clears it when told to': async ({
    open,
    backend,
  }) => {
    const ours = open();
    await ours.append(contextId, createMessages(3));
    await backend.corrupt(ids);
    const calls = [
      () => ours.getAll(contextId),
      () => open().getCount(contextId),
      () => ours.append(contextId, say('x')),
      () => open().append(contextId, say('x')),
    ];
    for (const call of calls) {
      const error = await assertFails(call(), 'CORRUPTED');
      assert.ok(error.message.includes(contextId) && error.message.includes(agentId), error.message);
    }
    await assertFails(open().compact(contextId), 'CORRUPTED');
    await ours.clear(contextId);
    await ours.append(contextId, say('one'));
    await assertStored(open(), [say('one')]);
  },

  'says of a failure which call it was, and nothing of what was said': async ({ open, backend }) => {
    const ours = open();
    await ours.append(contextId, say(secret));
    for (const operation of ['getAll', 'getCount', 'getRecent', 'append', 'clear', 'compact'] as const) {
      const cause = new Error('The network is down.');
      for (let request = 0; request < 20; request++) backend.faults.failNext(cause);
      const error = await assertFails(
        Reflect.apply(ours[operation], ours, [contextId, say(secret)]),
        'UNAVAILABLE',
      );
      backend.faults.clear();
      assert.equal(Reflect.get(error, 'operation'), operation);
      assert.equal(Reflect.get(error, 'contextId'), contextId);
      assert.ok(error.cause !== undefined, 'The cause is missing.');
      assert.ok(!JSON.stringify([error.message, { ...error }]).includes(secret));
    }
  },

  'is closed once, after the calls under way': async ({ open }) => {
    const ours = open();
    const appended = ours.append(contextId, say('one'));
    await Promise.all([ours.close(), ours.close()]);
    await appended;
    await assertFails(ours.append(contextId, say('two')), 'UNAVAILABLE');
    await assertStored(open(), [say('one')]);
  },
};
