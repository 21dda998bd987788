import assert from 'node:assert/strict';
import { assertFails, createClock, ids } from '../fixtures.js';
import {
  assertInterrupted,
  assertInterruptedEnd,
  assertLog,
  begin,
  done,
  eager,
  heldMs,
  quiet,
  readAll,
  say,
  splitStarts,
  type TurnCases,
} from './fixtures.js';

const { contextId } = ids;
const idempotency = { key: 'key-1', hash: 'of a body' };
const holder = 'a test';
const again = (turn: string) => ({ turn, holder, idempotency });
const repeated = (turn: string) => ({ outcome: 'repeated', turn });

/** Asked twice, run once. */
export const idempotencyCases: TurnCases = {
  'joins the turn of the same request while it runs, and hears it when it has ended': async ({ open }) => {
    const turn = await begin(open(eager), 'one', idempotency);
    assert.deepEqual(await open(quiet).begin(contextId, again('two')), repeated('one'));
    const heard = readAll(open(eager), 'one');
    turn.log(say('one'));
    await turn.end(done);
    await (await begin(open(quiet), 'other')).end(done);
    assert.deepEqual(await open(quiet).begin(contextId, again('three')), repeated('one'));
    await assertLog(open(quiet), 'one', [say('one'), done]);
    assert.equal((await heard).length, 2);
  },

  'refuses another request under the same key': async ({ open }) => {
    const other = { ...again('two'), idempotency: { ...idempotency, hash: 'of another body' } };
    const turn = await begin(open(quiet), 'one', idempotency);
    assert.deepEqual(await open(quiet).begin(contextId, other), { outcome: 'key-reused' });
    await turn.end(done);
    assert.deepEqual(await open(quiet).begin(contextId, other), { outcome: 'key-reused' });
  },

  'keeps keys apart, and those of sessions': async ({ open }) => {
    const ours = open(quiet);
    await (await begin(ours, 'one', idempotency)).end(done);
    await (await begin(ours, 'two', { ...idempotency, key: 'key-2' })).end(done);
    await (await begin(ours, 'three', idempotency, 'session-2')).end(done);
    const busy = await begin(ours, 'four');
    assert.deepEqual(
      await ours.begin(contextId, { ...again('five'), idempotency: { key: 'key-3', hash: '' } }),
      {
        outcome: 'busy',
        turn: 'four',
      },
    );
    await busy.end(done);
  },

  'runs one of several equal requests that come at once': async ({ open }) => {
    const starts = await Promise.all(
      [1, 2, 3, 4, 5].map((index) => open(quiet).begin(contextId, again(`turn-${index}`))),
    );
    const [begun, others] = splitStarts(starts);
    for (const start of others) assert.deepEqual(start, repeated(begun.turn));
    await begun.end(done);
  },

  'joins a turn whose process has vanished between lease and key, and runs anew when its lease has ended':
    async ({ open, backend }) => {
      const { now, advance } = createClock();
      // What reads the key and the lease, and takes the lease; then nothing arrives any more.
      for (let request = 0; request < 3; request++) backend.faults.passNext();
      for (let request = 0; request < 20; request++) backend.faults.failNext();
      await assertFails(open({ ...quiet, now }).begin(contextId, again('one')), 'UNAVAILABLE');
      backend.faults.clear();
      assert.deepEqual(await open({ ...quiet, now }).begin(contextId, again('two')), repeated('one'));
      const heard = readAll(open({ ...eager, now }), 'one');
      await open({ ...eager, now }).runningTurn(contextId);
      advance(heldMs);
      const turn = await begin(open({ ...quiet, now }), 'three', idempotency);
      assertInterruptedEnd((await heard).at(-1));
      await turn.end(done);
      assert.deepEqual(await open({ ...quiet, now }).begin(contextId, again('four')), repeated('three'));
      await assertLog(open({ ...quiet, now }), 'three', [done]);
    },

  'runs no second time what was interrupted, although it has said nothing': async ({ open }) => {
    const { now, advance } = createClock();
    const vanished = await begin(open({ ...quiet, now }), 'one', idempotency);
    assert.deepEqual(await open({ ...quiet, now }).begin(contextId, again('two')), repeated('one'));
    advance(heldMs);
    const other = await begin(open({ ...quiet, now }), 'other');
    assert.deepEqual(await open({ ...quiet, now }).begin(contextId, again('three')), repeated('one'));
    await assertInterrupted(open({ ...quiet, now }), 'one', []);
    await other.end(done);
    assertInterruptedEnd(await vanished.end(done));
    assert.deepEqual(await open({ ...quiet, now }).begin(contextId, again('four')), repeated('one'));
  },

  'runs a request once whose answer was lost': async ({ open, backend }) => {
    for (let request = 0; request < 3; request++) backend.faults.passNext();
    backend.faults.loseNextAnswer();
    const turn = await begin(open(quiet), 'one', idempotency);
    backend.faults.repeatNext();
    assert.deepEqual(await open(quiet).begin(contextId, again('two')), repeated('one'));
    await turn.end(done);
    assert.deepEqual(await open(quiet).begin(contextId, again('two')), repeated('one'));
  },

  'runs a request again whose turn was given up': async ({ open }) => {
    await (await begin(open(quiet), 'one', idempotency)).abandon();
    const turn = await begin(open(quiet), 'two', idempotency);
    await turn.end(done);
    assert.deepEqual(await open(quiet).begin(contextId, again('three')), repeated('two'));
  },

  'keeps a key and its events for as long as it is told, and runs the request again then': async ({
    open,
  }) => {
    const { now, advance } = createClock();
    const options = { ...quiet, now, idempotencySeconds: 7_200, logSeconds: 60 };
    await (await begin(open(options), 'one', idempotency)).end(done);
    advance(7_199_000);
    assert.deepEqual(await open({ ...quiet, now }).begin(contextId, again('two')), repeated('one'));
    await assertLog(open({ ...quiet, now }), 'one', [done]);
    advance(2_000);
    await (await begin(open({ ...quiet, now }), 'three', idempotency)).end(done);
    assert.deepEqual(await open({ ...quiet, now }).begin(contextId, again('four')), repeated('three'));
  },
};
