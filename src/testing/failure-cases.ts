import assert from 'node:assert/strict';
import type { AgentStore } from '../domain/agent-store.js';
import { isError } from '../domain/values/built-in.js';
import type { Cases } from './contract-case.js';
import { assertFails, assertStoredTurns, createState, ids } from './fixtures.js';
import { assertSameValue } from './same-value.js';

const { agentId, contextId } = ids;
const secret = 'a-word-that-must-stay-in-the-state';

/** Promise 8: what cannot be read stays as it is. */
export const corruptionCases: Cases = {
  'says which stored value cannot be read': async ({ open, backend }) => {
    await open().save(contextId, createState(1));
    await backend.corrupt(ids);
    for (const operation of ['load', 'peek'] as const) {
      const error = await assertFails(open()[operation](contextId), 'CORRUPTED');
      assert.ok(error.message.includes(contextId) && error.message.includes(agentId), error.message);
    }
  },

  'never saves over a value that cannot be read': async ({ open, backend }) => {
    const ours = open();
    await ours.save(contextId, createState(1));
    await backend.corrupt(ids);
    await assertFails(ours.load(contextId), 'CORRUPTED');
    await assertFails(ours.save(contextId, createState(2)), 'CONFLICT');
    await assertFails(open().save(contextId, createState(3)), 'CONFLICT');
    await assertFails(open().load(contextId), 'CORRUPTED');
  },

  'removes a value that cannot be read when it is told to': async ({ open, backend }) => {
    const ours = open();
    await ours.save(contextId, createState(1));
    await backend.corrupt(ids);
    await assertFails(ours.load(contextId), 'CORRUPTED');
    await ours.delete(contextId);
    assert.equal(await ours.load(contextId), null);
    await ours.save(contextId, createState(1));
    await assertStoredTurns(open(), 1);
  },
};

/** Promises 9 and 10: what fails says so, with a code, and keeps the state to itself. */
export const failureCases: Cases = {
  'refuses a state beyond its limit with both numbers, and keeps one within it': async ({ open }) => {
    const ours = open({ maxStateBytes: 100_000 });
    await ours.save(contextId, createState(1));
    await ours.save(contextId, createState(2, { metadata: { text: noise(90_000) } }));
    const tooLarge = createState(3, { metadata: { text: noise(100_000) } });
    const error = await assertFails(ours.save(contextId, tooLarge), 'TOO_LARGE');
    assert.match(error.message, /1\d{5} bytes.*100000/);
    await assertStoredTurns(open(), 2);
    await ours.save(contextId, createState(4));
    await assertStoredTurns(open(), 4);
  },

  'reads no state beyond its limit, however small it is stored, and replaces none': async ({ open }) => {
    await open().save(contextId, createState(1, { metadata: { text: 'a'.repeat(300_000) } }));
    const ours = open({ maxStateBytes: 200_000 });
    await assertFails(ours.load(contextId), 'TOO_LARGE');
    await assertFails(ours.peek(contextId), 'TOO_LARGE');
    await assertFails(ours.save(contextId, createState(2)), 'CONFLICT');
    await assertStoredTurns(open(), 1);
  },

  'keeps a state of megabytes, replaces it by another one, and removes it': async ({ open }) => {
    const ours = open();
    for (const turn of [1, 2]) {
      const state = createState(turn, { metadata: { text: noise(1_500_000 * turn), at: new Date(turn) } });
      await ours.save(contextId, state);
      assertSameValue(await open().load(contextId), state);
      assertSameValue(await open().peek(contextId), state);
    }
    await assertFails(open().save(contextId, createState(9)), 'CONFLICT');
    await ours.save(contextId, createState(3));
    await assertStoredTurns(open(), 3);
    await ours.save(contextId, createState(4, { metadata: { text: noise(1_500_000) } }));
    await ours.delete(contextId);
    await assertStoredTurns(open(), null);
  },

  'reports every failure with a code, the call, the ids and the cause': async ({ open, backend }) => {
    const calls: Record<string, (store: AgentStore) => Promise<unknown>> = {
      load: (store) => store.load(contextId),
      peek: (store) => store.peek(contextId),
      save: (store) => store.save(contextId, createState(1)),
      delete: (store) => store.delete(contextId),
    };
    for (const [operation, call] of Object.entries(calls)) {
      const cause = new Error('The request failed.');
      backend.faults.failNext(cause);
      const error = await assertFails(call(open()), 'UNAVAILABLE');
      const { name, ...details } = Object.fromEntries(Object.entries(error));
      assert.deepEqual(details, { code: 'UNAVAILABLE', operation, agentId, contextId });
      assert.equal(error.cause, cause);
    }
  },

  'works again as soon as its backend does': async ({ open, backend }) => {
    const ours = open();
    await ours.save(contextId, createState(1));
    backend.faults.failNext();
    await assertFails(ours.load(contextId), 'UNAVAILABLE');
    await ours.load(contextId);
    await ours.save(contextId, createState(2));
    await assertStoredTurns(open(), 2);
  },

  'shows nothing of a state in an error': async ({ open, backend }) => {
    const ours = open();
    const state = createState(1, { metadata: { secret, text: secret.repeat(400) } });
    const errors: Error[] = [];
    await ours.save(contextId, state);
    errors.push(await assertFails(open().save(contextId, state), 'CONFLICT'));
    backend.faults.failNext();
    errors.push(await assertFails(ours.save(contextId, state), 'UNAVAILABLE'));
    const unserializable = createState(1, { metadata: { secret, run: () => secret } });
    errors.push(await assertFails(ours.save(contextId, unserializable), 'UNSERIALIZABLE'));
    await backend.corrupt(ids);
    errors.push(await assertFails(ours.load(contextId), 'CORRUPTED'));
    for (const error of errors) assertKeepsSecret(error);
  },

  'closes twice, and takes no call afterwards': async ({ open }) => {
    const ours = open();
    const saved = ours.save(contextId, createState(1));
    await ours.close();
    await saved;
    await ours.close();
    await assertFails(ours.load(contextId), 'UNAVAILABLE');
    await assertStoredTurns(open(), 1);
  },
};

/** Looks into an error and its causes, at whatever a log would show. */
function assertKeepsSecret(error: unknown): void {
  if (!isError(error)) return;
  const shown = [error.message, error.stack, JSON.stringify(error), JSON.stringify({ ...error })].join('\n');
  assert.ok(!shown.includes(secret), 'An error shows what is in the state.');
  assertKeepsSecret(error.cause);
}

/** Text that no compression makes much shorter, the same every time. */
function noise(length: number): string {
  let seed = 1;
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) {
    seed = (seed * 48_271) % 2_147_483_647;
    bytes[index] = 33 + (seed % 90);
  }
  return bytes.toString('latin1');
}
