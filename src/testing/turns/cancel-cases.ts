import assert from 'node:assert/strict';
import { createClock, ids } from '../fixtures.js';
import {
  ahead,
  assertInterrupted,
  assertLog,
  begin,
  done,
  eager,
  heldMs,
  quiet,
  say,
  stopOf,
  type TurnCases,
} from './fixtures.js';

const { contextId } = ids;
const stoppedEnd = { kind: 'error', data: '{"code":"CANCELLED"}' };

/** A turn is stopped from anywhere. */
export const cancelCases: TurnCases = {
  'has a turn stopped that runs elsewhere, and resolves when it has ended': async ({ open }) => {
    const turn = await begin(open(eager), 'one');
    const reasons: string[] = [];
    turn.onStop((reason) => {
      reasons.push(reason);
      turn.log(say('bye'));
      void turn.end(stoppedEnd);
    });
    assert.equal(await open(eager).cancel(contextId), true);
    assert.deepEqual(reasons, ['cancelled']);
    await assertLog(open(quiet), 'one', [say('bye'), stoppedEnd]);
    await (await begin(open(quiet), 'two')).end(done);
  },

  'resolves a cancel not before the turn has ended': async ({ open }) => {
    const turn = await begin(open(eager), 'one');
    let isResolved = false;
    const cancelled = open(eager)
      .cancel(contextId)
      .then((was) => {
        isResolved = true;
        return was;
      });
    assert.equal(await stopOf(turn), 'cancelled');
    // Several looks later.
    for (let look = 0; look < 5; look++) await open(eager).runningTurn(contextId);
    assert.equal(isResolved, false);
    await turn.end(stoppedEnd);
    assert.equal(await cancelled, true);
  },

  'has nothing to cancel if no turn runs': async ({ open }) => {
    assert.equal(await open(quiet).cancel(contextId), false);
    await (await begin(open(quiet), 'one')).end(done);
    assert.equal(await open(quiet).cancel(contextId), false);
    await (await begin(open(quiet), 'two')).end(done);
  },

  'cancels a turn whose process has vanished, when its lease has ended': async ({ open }) => {
    const { now, advance } = createClock();
    const vanished = await begin(open({ ...quiet, now, flushBytes: 1 }), 'one');
    vanished.log(say('one'));
    for await (const _ of open({ ...eager, now }).read(contextId, 'one', 0)) break;
    const cancelled = open({ ...eager, now }).cancel(contextId);
    // The mark moves no lease's end.
    await open({ ...quiet, now }).runningTurn(contextId);
    advance(heldMs);
    assert.equal(await cancelled, true);
    await assertInterrupted(open({ ...quiet, now }), 'one', [say('one')]);
    await (await begin(open({ ...quiet, now: ahead(now, 1) }), 'two')).end(done);
    await vanished.end(done);
  },

  'stops a turn once for several cancels at once': async ({ open }) => {
    const turn = await begin(open(eager), 'one');
    const stops: string[] = [];
    turn.onStop((reason) => stops.push(reason));
    const cancels = Promise.all([1, 2, 3].map(() => open(eager).cancel(contextId)));
    await stopOf(turn);
    await turn.end(stoppedEnd);
    assert.deepEqual([stops, await cancels], [['cancelled'], [true, true, true]]);
  },
};
