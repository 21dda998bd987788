import assert from 'node:assert/strict';
import type { Cases } from './contract-case.js';
import { assertConflict, assertFails, assertStoredTurns, createState, ids } from './fixtures.js';

const { contextId } = ids;

/** Promise 5: a starting agent never erases the session it is about to resume. */
export const createdCases: Cases = {
  'does not let the state of a starting agent replace a stored one': async ({ open }) => {
    await open().save(contextId, createState(3));
    const starting = open();
    await starting.save(contextId, createState(0, { status: 'created' }));
    assert.equal((await starting.load(contextId))?.turnCount, 3);
    await starting.save(contextId, createState(0, { status: 'created' }));
    await assertStoredTurns(open(), 3);
  },

  'stores nothing for an agent that has only started': async ({ open }) => {
    const starting = open();
    await starting.save(contextId, createState(0, { status: 'created' }));
    await assertStoredTurns(open(), null);
    await starting.save(contextId, createState(1));
    await assertStoredTurns(open(), 1);
  },

  'checks the state of a starting agent all the same': async ({ open }) => {
    const state = createState(0, { status: 'created', metadata: { run: () => 1 } });
    await assertFails(open().save(contextId, state), 'UNSERIALIZABLE');
  },
};

/** Promise 6: no lost update. */
export const revisionCases: Cases = {
  'refuses to create over a state that it never loaded': async ({ open }) => {
    await open().save(contextId, createState(1));
    await assertConflict(open().save(contextId, createState(9)), 1);
    await assertStoredTurns(open(), 1);
  },

  'refuses to save over what somebody else has saved since': async ({ open }) => {
    const [ours, theirs] = [open(), open()];
    await ours.save(contextId, createState(1));
    await theirs.load(contextId);
    await theirs.save(contextId, createState(2));
    await assertConflict(ours.save(contextId, createState(9)), 2);
    await assertStoredTurns(open(), 2);
  },

  'refuses to bring back what somebody else has deleted': async ({ open }) => {
    const ours = open();
    await ours.save(contextId, createState(1));
    await open().delete(contextId);
    await assertConflict(ours.save(contextId, createState(9)), null);
    await assertStoredTurns(open(), null);
  },

  'refuses a state deleted and created anew by others': async ({ open }) => {
    const [ours, theirs] = [open(), open()];
    await ours.save(contextId, createState(1));
    await theirs.delete(contextId);
    await theirs.load(contextId);
    await theirs.save(contextId, createState(1));
    await assertConflict(ours.save(contextId, createState(9)), 1);
  },

  'lets one of several stores that create at once win': async ({ open }) => {
    const saves = [1, 2, 3].map((turn) => open().save(contextId, createState(turn)));
    const outcomes = await Promise.allSettled(saves);
    const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index + 1] : []));
    assert.equal(winners.length, 1);
    assert.deepEqual([(await open().load(contextId))?.turnCount], winners);
  },

  'refuses every save after a conflict until a load succeeds': async ({ open }) => {
    const ours = open();
    await open().save(contextId, createState(1));
    await assertFails(ours.save(contextId, createState(8)), 'CONFLICT');
    await assertFails(ours.save(contextId, createState(9)), 'CONFLICT');
    assert.equal((await ours.load(contextId))?.turnCount, 1);
    await ours.save(contextId, createState(2));
    await assertStoredTurns(open(), 2);
  },

  'refuses every save after a conflict, also when the rival is gone by then': async ({ open }) => {
    const [ours, theirs] = [open(), open()];
    await theirs.save(contextId, createState(1));
    await assertFails(ours.save(contextId, createState(8)), 'CONFLICT');
    await theirs.delete(contextId);
    await assertFails(ours.save(contextId, createState(9)), 'CONFLICT');
    await assertStoredTurns(open(), null);
  },

  'refuses the error state that an agent saves after a failed load': async ({ open, backend }) => {
    await open().save(contextId, createState(3));
    const ours = open();
    backend.faults.failNext();
    await assertFails(ours.load(contextId), 'UNAVAILABLE');
    const failed = createState(0, { status: 'error', error: { name: 'Error', message: 'could not load' } });
    await assertFails(ours.save(contextId, failed), 'CONFLICT');
    await assertStoredTurns(open(), 3);
    assert.equal((await ours.load(contextId))?.turnCount, 3);
    await ours.save(contextId, createState(4));
    await assertStoredTurns(open(), 4);
  },

  'refuses to create after a failed load, and creates after one that found nothing': async ({
    open,
    backend,
  }) => {
    const ours = open();
    backend.faults.failNext();
    await assertFails(ours.load(contextId), 'UNAVAILABLE');
    await assertFails(ours.save(contextId, createState(1)), 'CONFLICT');
    await assertStoredTurns(open(), null);
    assert.equal(await ours.load(contextId), null);
    await ours.save(contextId, createState(1));
    await assertStoredTurns(open(), 1);
  },

  'refuses the late save of a session it has deleted itself': async ({ open }) => {
    const ours = open();
    await ours.save(contextId, createState(1));
    await ours.delete(contextId);
    await assertFails(ours.save(contextId, createState(2)), 'CONFLICT');
    await assertStoredTurns(open(), null);
    assert.equal(await ours.load(contextId), null);
    await ours.save(contextId, createState(1));
    await assertStoredTurns(open(), 1);
  },

  'refuses the late save of a session whose deletion had no answer': async ({ open, backend }) => {
    // The answer to the first request of a deletion, or to the second if it is two.
    for (const requests of [0, 1]) {
      const ours = open();
      await ours.load(contextId);
      await ours.save(contextId, createState(1));
      for (let index = 0; index < requests; index++) backend.faults.passNext();
      backend.faults.loseNextAnswer();
      await Promise.allSettled([ours.delete(contextId)]);
      backend.faults.clear();
      await assertFails(ours.save(contextId, createState(2)), 'CONFLICT');
      const stored = await open().load(contextId);
      assert.ok(stored === null || stored.turnCount === 1, 'The late save must not be stored.');
    }
  },

  'removes no session that somebody has made since, when a deletion is sent again': async ({
    open,
    backend,
  }) => {
    for (const requests of [0, 1]) {
      const [ours, theirs] = [open(), open()];
      await ours.load(contextId);
      await ours.save(contextId, createState(1));
      await theirs.load(contextId);
      for (let index = 0; index < requests; index++) backend.faults.passNext();
      let isMade = false;
      // After it has taken effect, and before the client sends it again.
      backend.faults.repeatNext(async () => {
        if ((await theirs.load(contextId)) !== null) return;
        await theirs.save(contextId, createState(7));
        isMade = true;
      });
      await ours.delete(contextId);
      backend.faults.clear();
      await assertStoredTurns(open(), isMade ? 7 : null);
      if (!isMade) continue;
      await theirs.save(contextId, createState(8));
      await theirs.delete(contextId);
    }
  },

  'forgets the least recently used session first, and counts it as never seen': async ({ open }) => {
    const ours = open({ maxTrackedContexts: 2 });
    await ours.save('a', createState(1));
    await ours.save('b', createState(1));
    await ours.load('a');
    await ours.save('c', createState(1));
    await ours.save('a', createState(2));
    await assertFails(ours.save('b', createState(2)), 'CONFLICT');
    await ours.load('b');
    await ours.save('b', createState(2));
    assert.equal((await open().load('b'))?.turnCount, 2);
  },
};

/** Promise 6, when rivals come between a write and its answer. */
export const lineageCases: Cases = {
  'takes a save for the success it was, although rivals have saved on top before it was sent again': async ({
    open,
    backend,
  }) => {
    for (const rivals of [1, 2, 7]) {
      const ours = open();
      await ours.load(contextId);
      backend.faults.repeatNext(async () => {
        for (let rival = 0; rival < rivals; rival++) {
          const theirs = open();
          await theirs.load(contextId);
          await theirs.save(contextId, createState(rival));
        }
      });
      await assert.doesNotReject(ours.save(contextId, createState(50)));
      await assertStoredTurns(open(), rivals - 1);
      // What is stored now it has not seen.
      await assertFails(ours.save(contextId, createState(51)), 'CONFLICT');
      await assertStoredTurns(open(), rivals - 1);
    }
  },

  'refuses the late save of a deleted session, although it was used least recently': async ({ open }) => {
    const ours = open({ maxTrackedContexts: 2 });
    await ours.save(contextId, createState(1));
    await ours.delete(contextId);
    for (const other of ['a', 'b', 'c']) await ours.save(other, createState(1));
    await assertFails(ours.save(contextId, createState(2)), 'CONFLICT');
    await assertStoredTurns(open(), null);
  },

  'needs a load before each first save once it has forgotten that it had refused one': async ({ open }) => {
    const ours = open({ maxTrackedContexts: 2 });
    for (const deleted of [contextId, 'a', 'b']) {
      await ours.load(deleted);
      await ours.save(deleted, createState(1));
      await ours.delete(deleted);
    }
    await assertFails(ours.save(contextId, createState(2)), 'CONFLICT');
    await assertFails(ours.save('new', createState(1)), 'CONFLICT');
    assert.equal(await ours.load('new'), null);
    await ours.save('new', createState(1));
    await assertStoredTurns(open(), null);
  },
};

/** Promise 6, for stores that have opted out of it. */
export const lastWriteWinsCases: Cases = {
  'with last-write-wins, replaces what others have saved': async ({ open }) => {
    const ours = open({ concurrency: 'last-write-wins' });
    await open().save(contextId, createState(1));
    await ours.save(contextId, createState(2));
    await assertStoredTurns(open(), 2);
  },

  'with last-write-wins, still refuses after a failed load and after its own delete': async ({
    open,
    backend,
  }) => {
    const ours = open({ concurrency: 'last-write-wins' });
    await ours.save(contextId, createState(1));
    backend.faults.failNext();
    await assertFails(ours.load(contextId), 'UNAVAILABLE');
    await assertFails(ours.save(contextId, createState(2)), 'CONFLICT');
    await ours.load(contextId);
    await ours.delete(contextId);
    await assertFails(ours.save(contextId, createState(3)), 'CONFLICT');
    await assertStoredTurns(open(), null);
  },
};
