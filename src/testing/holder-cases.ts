import assert from 'node:assert/strict';
import type { AgentState } from '../domain/agent-state.js';
import type { Cases } from './contract-case.js';
import { assertFails, assertStoredTurns, createState, ids } from './fixtures.js';

const { contextId } = ids;

function addTurn(state: AgentState | null): AgentState {
  return createState((state?.turnCount ?? 0) + 1);
}

/** Promise 6, within one process. */
export const holderCases: Cases = {
  'refuses the save of a holder that has not seen what another one of the same store has saved': async ({
    open,
  }) => {
    const store = open();
    await store.save(contextId, createState(1));
    const [ours, theirs] = [store.holder(), store.holder()];
    await ours.load(contextId);
    await theirs.load(contextId);
    await ours.save(contextId, createState(2));
    await assertFails(theirs.save(contextId, createState(3)), 'CONFLICT');
    await assertFails(store.save(contextId, createState(4)), 'CONFLICT');
    await assertStoredTurns(open(), 2);
    await theirs.load(contextId);
    await theirs.save(contextId, createState(3));
    await assertStoredTurns(open(), 3);
  },

  'closes a holder alone, and each with its store': async ({ open }) => {
    const store = open();
    const [ours, theirs] = [store.holder(), store.holder()];
    await ours.close();
    await assertFails(ours.load(contextId), 'UNAVAILABLE');
    await assert.doesNotReject(theirs.save(contextId, createState(1)));
    await store.close();
    await assertFails(theirs.load(contextId), 'UNAVAILABLE');
    await assertStoredTurns(open(), 1);
  },

  'loses no update of many at once, on one store and on several': async ({ open }) => {
    const stores = [open(), open()];
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => stores[index % 2]?.update(contextId, addTurn)),
    );
    await assertStoredTurns(open(), 20);
  },

  'updates beside an agent that is told of it by a conflict': async ({ open }) => {
    const store = open();
    await store.save(contextId, createState(1));
    const updated = await store.update(contextId, async (state) => addTurn(state));
    assert.equal(updated?.turnCount, 2);
    await assertFails(store.save(contextId, createState(9)), 'CONFLICT');
    await assertStoredTurns(open(), 2);
  },

  'saves nothing when an update makes nothing, and a state with status created when it makes one': async ({
    open,
  }) => {
    const store = open();
    for (const nothing of [null, undefined]) {
      assert.equal(await store.update(contextId, () => nothing), null);
      await assertStoredTurns(open(), null);
    }
    await store.update(contextId, () => createState(3, { status: 'created' }));
    await assertStoredTurns(open(), 3);
    const error = new Error('no change');
    const failing = store.update(contextId, () => Promise.reject(error));
    assert.equal((await assertFails(failing, 'UNAVAILABLE')).cause, error);
    await assertStoredTurns(open(), 3);
  },

  'applies an update once, although the answer to its save was lost': async ({ open, backend }) => {
    const store = open();
    for (const turn of [1, 2]) {
      backend.faults.passNext();
      backend.faults.loseNextAnswer();
      await store.update(contextId, addTurn);
      await assertStoredTurns(open(), turn);
    }
    backend.faults.passNext();
    backend.faults.failNext();
    await assertFails(store.update(contextId, addTurn), 'UNAVAILABLE');
    await assertStoredTurns(open(), 2);
  },
};
