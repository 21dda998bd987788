import assert from 'node:assert/strict';
import type { TurnStore } from '../../domain/turn-store.js';
import { assertFails, ids } from '../fixtures.js';
import { assertLog, begin, done, quiet, readAll, say, type TurnCases } from './fixtures.js';

const { agentId, contextId } = ids;
const idempotency = { key: 'key-1', hash: 'of a body' };
const secret = 'a-word-that-must-stay-in-the-log';

type Calls = Readonly<Record<string, (store: TurnStore, contextId: string) => Promise<unknown>>>;

/** Every call that is about a session. */
const calls: Calls = {
  begin: (store, session) => store.begin(session, { turn: 'one', holder: 'a test', idempotency }),
  runningTurn: (store, session) => store.runningTurn(session),
  read: (store, session) => store.read(session, 'one', 0).next(),
  cancel: (store, session) => store.cancel(session),
  claim: (store, session) => store.claim(session, 'ann'),
  owner: (store, session) => store.owner(session),
  disown: (store, session) => store.disown(session),
};

/** Keys, limits and failures. */
export const failureCases: TurnCases = {
  'keeps agents, sessions and kinds of records apart': async ({ open }) => {
    const pairs = [
      ['a', 'b'],
      ['a:', 'b'],
      ['a', ':b'],
      ['a#lease', 'b'],
      ['a', 'b#turn-0-0'],
      ['b', 'a'],
    ] as const;
    for (const [agent, session] of pairs) {
      const store = open({ ...quiet, agentId: agent });
      assert.equal(await store.claim(session, agent + session), true);
      await (await begin(store, 'turn-0', idempotency, session)).end(say(agent + session));
    }
    for (const [agent, session] of pairs) {
      const store = open({ ...quiet, agentId: agent });
      assert.equal(await store.owner(session), agent + session);
      const { value } = await store.read(session, 'turn-0', 0).next();
      assert.deepEqual(value, { ...say(agent + session), number: 1 });
    }
  },

  'hides turns and owners behind other prefixes, and shows them again': async ({ open }) => {
    const turn = await begin(open(quiet), 'one');
    await open(quiet).claim(contextId, 'ann');
    for (const prefix of ['agentKeyPrefix', 'leaseKeyPrefix'] as const)
      assert.equal(await open({ ...quiet, [prefix]: 'other#' }).runningTurn(contextId), null);
    assert.equal(await open({ ...quiet, ownerKeyPrefix: 'other#' }).owner(contextId), null);
    assert.equal(await open(quiet).runningTurn(contextId), 'one');
    assert.equal(await open(quiet).owner(contextId), 'ann');
    await turn.end(done);
  },

  'refuses ids that no backend can keep': async ({ open, backend }) => {
    const { sort = 0 } = backend.keyLimits ?? {};
    for (const session of ['', '\ud800', ...(sort > 0 ? ['x'.repeat(sort)] : [])]) {
      for (const call of Object.values(calls)) await assertFails(call(open(quiet), session), 'INVALID_KEY');
    }
    for (const turn of ['', 'a#b', 'a b', 'é', 'x'.repeat(65)]) {
      await assertFails(open(quiet).begin(contextId, { turn, holder: 'a test' }), 'INVALID_KEY');
      await assertFails(open(quiet).read(contextId, turn, 0).next(), 'INVALID_KEY');
    }
    await (await begin(open(quiet), `${'x'.repeat(62)}-_`)).end(done);
  },

  'says of a failure which call it was, and nothing of what was said': async ({ open, backend }) => {
    const turn = await begin(open(quiet), 'zero');
    turn.log(say(secret));
    const all: Calls = { ...calls, end: () => turn.end(say(secret)) };
    for (const [operation, call] of Object.entries(all)) {
      const cause = new Error('The network is down.');
      backend.faults.clear();
      if (operation !== 'end') for (let request = 0; request < 20; request++) backend.faults.failNext(cause);
      else await backend.corrupt(keyOf(`event#${contextId}#zero-0`));
      const code = operation === 'end' ? 'CORRUPTED' : 'UNAVAILABLE';
      const error = await assertFails(call(open(quiet), contextId), code);
      assert.equal(Reflect.get(error, 'operation'), operation);
      assert.deepEqual(
        [Reflect.get(error, 'agentId'), Reflect.get(error, 'contextId')],
        [agentId, contextId],
      );
      assert.ok(error.cause !== undefined, 'The cause is missing.');
      assert.ok(!JSON.stringify([error.message, { ...error }]).includes(secret));
    }
    backend.faults.clear();
    backend.faults.failNext();
    const error = await assertFails(open(quiet).listRunningTurns(), 'UNAVAILABLE');
    assert.equal(Reflect.get(error, 'operation'), 'listRunningTurns');
  },

  'works again as soon as its backend does': async ({ open, backend }) => {
    const ours = open(quiet);
    for (let request = 0; request < 20; request++) backend.faults.failNext();
    await assertFails(ours.begin(contextId, { turn: 'one', holder: 'a test' }), 'UNAVAILABLE');
    backend.faults.clear();
    await (await begin(ours, 'two')).end(done);
    await assertLog(open(quiet), 'two', [done]);
  },

  'says which record cannot be read, and leaves it as it is': async ({ open, backend }) => {
    const ours = open(quiet);
    const turn = await begin(ours, 'one', idempotency);
    await ours.claim(contextId, 'ann');
    await turn.end(done);
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(idempotency.key)));
    const records: Readonly<Record<string, readonly ((store: TurnStore) => Promise<unknown>)[]>> = {
      [`owner#${contextId}`]: [(store) => store.owner(contextId), (store) => store.claim(contextId, 'ann')],
      [`event#${contextId}#one-0`]: [(store) => readAll(store, 'one'), (store) => readAll(store, 'one', 9)],
      [`request#${contextId}#${hash.toString('base64url', 0, 16)}`]: [
        (store) => store.begin(contextId, { turn: 'two', holder: 'a test', idempotency }),
      ],
      [`lease#${contextId}`]: [
        (store) => store.begin(contextId, { turn: 'two', holder: 'a test' }),
        (store) => store.runningTurn(contextId),
        (store) => store.cancel(contextId),
      ],
    };
    for (const [sort, reads] of Object.entries(records)) {
      await backend.corrupt(keyOf(sort));
      for (const read of [...reads, ...reads]) {
        const error = await assertFails(read(open(quiet)), 'CORRUPTED');
        assert.ok(error.message.includes(sort) && error.message.includes(agentId), error.message);
      }
    }
    await ours.disown(contextId);
    assert.equal(await ours.claim(contextId, 'bob'), true);
  },

  'is closed once, after the calls under way': async ({ open }) => {
    const ours = open(quiet);
    const turn = await begin(ours, 'one');
    const ended = turn.end(done);
    const claimed = ours.claim(contextId, 'ann');
    await Promise.all([ours.close(), ours.close()]);
    assert.deepEqual([await ended, await claimed], [{ ...done, number: 1 }, true]);
    for (const call of Object.values(calls)) await assertFails(call(ours, contextId), 'UNAVAILABLE');
    await assertFails(ours.listRunningTurns(), 'UNAVAILABLE');
    await assertLog(open(quiet), 'one', [done]);
  },
};

function keyOf(sort: string) {
  return { partition: `agent#${agentId}`, sort };
}
