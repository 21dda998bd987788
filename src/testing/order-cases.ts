import assert from 'node:assert/strict';
import type { Cases } from './contract-case.js';
import { assertConflict, assertFails, assertStoredTurns, createState, ids } from './fixtures.js';

const { contextId } = ids;

/** Promise 6: the order of calls, and writes whose answer never came. */
export const orderCases: Cases = {
  'takes calls for one session in the order in which they were made': async ({ open, backend }) => {
    const ours = open();
    const release = backend.faults.delayNext();
    const saves = [1, 2, 3].map((turn) => ours.save(contextId, createState(turn)));
    const loaded = ours.load(contextId);
    const peeked = ours.peek(contextId);
    release();
    await Promise.all(saves);
    assert.equal((await loaded)?.turnCount, 3);
    assert.equal((await peeked)?.turnCount, 3);
    await assertStoredTurns(open(), 3);
  },

  'lets a slow call hold up its own session only': async ({ open, backend }) => {
    const ours = open();
    const release = backend.faults.delayNext();
    const slow = ours.save(contextId, createState(1));
    await ours.save('session-2', createState(2));
    release();
    await slow;
  },

  'goes on after a save whose answer was lost': async ({ open, backend }) => {
    const ours = open();
    for (const turn of [1, 3]) {
      backend.faults.loseNextAnswer();
      await assertFails(ours.save(contextId, createState(turn)), 'UNAVAILABLE');
      await assertStoredTurns(open(), turn);
      await ours.save(contextId, createState(turn + 1));
      await assertStoredTurns(open(), turn + 1);
    }
  },

  'goes on after a save that never arrived': async ({ open, backend }) => {
    const ours = open();
    for (const turn of [1, 3]) {
      backend.faults.failNext();
      await assertFails(ours.save(contextId, createState(turn)), 'UNAVAILABLE');
      await ours.save(contextId, createState(turn + 1));
      await assertStoredTurns(open(), turn + 1);
    }
  },

  'goes on after several saves of unknown outcome': async ({ open, backend }) => {
    const ours = open();
    await ours.save(contextId, createState(1));
    backend.faults.loseNextAnswer();
    await assertFails(ours.save(contextId, createState(2)), 'UNAVAILABLE');
    backend.faults.failNext();
    await assertFails(ours.save(contextId, createState(3)), 'UNAVAILABLE');
    await assertStoredTurns(open(), 2);
    await ours.save(contextId, createState(4));
    await assertStoredTurns(open(), 4);
  },

  'goes on after a save that arrived late, when the state had been loaded again': async ({
    open,
    backend,
  }) => {
    const ours = open();
    await ours.save(contextId, createState(1));
    const deliver = backend.faults.delayPastFailure();
    await assertFails(ours.save(contextId, createState(2)), 'UNAVAILABLE');
    assert.equal((await ours.load(contextId))?.turnCount, 1);
    await deliver();
    await assertStoredTurns(open(), 2);
    await ours.save(contextId, createState(3));
    await assertStoredTurns(open(), 3);
  },

  'takes a save that the client sent twice for the success it was': async ({ open, backend }) => {
    const ours = open();
    for (const turn of [1, 2]) {
      backend.faults.repeatNext();
      await ours.save(contextId, createState(turn));
      await assertStoredTurns(open(), turn);
    }
    await ours.save(contextId, createState(3));
  },

  'notices a rival after a save whose answer was lost': async ({ open, backend }) => {
    const [ours, theirs] = [open(), open()];
    backend.faults.loseNextAnswer();
    await assertFails(ours.save(contextId, createState(1)), 'UNAVAILABLE');
    await theirs.load(contextId);
    await theirs.save(contextId, createState(5));
    await assertConflict(ours.save(contextId, createState(2)), 5);
    await assertStoredTurns(open(), 5);
  },
};
