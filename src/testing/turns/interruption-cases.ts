import assert from 'node:assert/strict';
import { interruptedNumber } from '../../domain/turn-store.js';
import { createClock, ids } from '../fixtures.js';
import {
  ahead,
  assertInterrupted,
  assertInterruptedEnd,
  assertLog,
  begin,
  done,
  eager,
  heldMs,
  quiet,
  readAll,
  readSome,
  safeMs,
  say,
  type TurnCases,
  until,
} from './fixtures.js';

const { contextId } = ids;
const prompt = { ...quiet, flushBytes: 1 } as const;

/** The log of a turn whose process has vanished ends too, and the first end counts. */
export const interruptionCases: TurnCases = {
  'ends the log of a turn whose process has vanished, for all who hear it': async ({ open }) => {
    const { now, advance } = createClock();
    const vanished = await begin(open({ ...prompt, now }), 'one');
    vanished.log(say('one'));
    const early = readAll(open({ ...eager, now }), 'one');
    await readSome(open({ ...eager, now }), 'one', 1);
    advance(heldMs - 1);
    const [item] = await readSome(open({ ...eager, now }), 'one', 1);
    assert.deepEqual(item, { ...say('one'), number: 1 });
    advance(1);
    const heard = await early;
    assertInterruptedEnd(heard.at(-1));
    for (const after of [0, 1, 5, interruptedNumber - 1]) {
      const items = await readAll(open({ ...quiet, now }), 'one', after);
      assert.deepEqual(items, heard.slice(after === 0 ? 0 : 1));
    }
    assert.deepEqual(await readAll(open({ ...quiet, now }), 'one', interruptedNumber), []);
    await vanished.end(done);
  },

  'ends it too if another turn has begun since': async ({ open }) => {
    const { now, advance } = createClock();
    const vanished = await begin(open({ ...prompt, now }), 'one');
    vanished.log(say('one'));
    await readSome(open({ ...eager, now }), 'one', 1);
    advance(heldMs);
    const next = await begin(open({ ...quiet, now }), 'two');
    await assertInterrupted(open({ ...quiet, now }), 'one', [say('one')]);
    await next.end(done);
    await assertLog(open({ ...quiet, now }), 'two', [done]);
    await vanished.end(done);
  },

  'ends the log of a turn that has said nothing': async ({ open }) => {
    const { now, advance } = createClock();
    const vanished = await begin(open({ ...quiet, now }), 'one');
    const heard = readAll(open({ ...eager, now }), 'one');
    await open({ ...eager, now }).runningTurn(contextId);
    advance(heldMs);
    assertInterruptedEnd((await heard).at(-1));
    await assertInterrupted(open({ ...quiet, now }), 'one', []);
    await vanished.end(done);
  },

  'lets the end count that others have written for a turn that was only suspended': async ({ open }) => {
    const { now, advance } = createClock();
    const suspended = await begin(open({ ...prompt, now }), 'one');
    suspended.log(say('one'));
    await readSome(open({ ...eager, now }), 'one', 1);
    suspended.log(say('two'));
    await readSome(open({ ...eager, now }), 'one', 1, 1);
    await assertInterrupted(open({ ...quiet, now: ahead(now, heldMs) }), 'one', [say('one'), say('two')]);
    // By its own clock, no time has passed.
    suspended.log(say('three'));
    assertInterruptedEnd(await suspended.end(done));
    await assertInterrupted(open({ ...quiet, now }), 'one', [say('one'), say('two')]);
    advance(1);
    await (await begin(open({ ...quiet, now: ahead(now, heldMs) }), 'two')).end(done);
  },

  'interrupts a turn that ends after its time, and frees the session': async ({ open }) => {
    const { now, advance } = createClock();
    const late = await begin(open({ ...prompt, now }), 'one');
    late.log(say('one'));
    await readSome(open({ ...eager, now }), 'one', 1);
    advance(safeMs);
    late.log(say('two'));
    assertInterruptedEnd(await late.end(done));
    await assertInterrupted(open({ ...quiet, now }), 'one', [say('one')]);
    await (await begin(open({ ...quiet, now }), 'two')).end(done);
  },

  'interrupts no turn that has written its end, although nobody heard of it in time': async ({
    open,
    backend,
  }) => {
    const { now, advance } = createClock();
    const turn = await begin(open({ ...quiet, now }), 'one');
    turn.log(say('one'));
    backend.faults.loseNextAnswer();
    for (let request = 0; request < 4; request++) backend.faults.failNext();
    const ended = turn.end(done);
    await until(async () => backend.faults.ordered === 0);
    // The next try comes when the time of the lease is up.
    advance(safeMs);
    assert.deepEqual(await ended, { ...done, number: 2 });
    await assertLog(open({ ...quiet, now: ahead(now, heldMs) }), 'one', [say('one'), done]);
  },

  'interrupts no turn that has ended, whatever becomes of its log': async ({ open }) => {
    const { now, advance } = createClock();
    const turn = await begin(open({ ...prompt, now, logSeconds: 500, maxLogEvents: 2 }), 'one');
    for (let index = 0; index < 6; index++) {
      turn.log(say(index));
      await readSome(open({ ...eager, now }), 'one', 1, index);
      advance(50_000);
    }
    await turn.end(done);
    await (await begin(open({ ...quiet, now }), 'two')).end(done);
    for (let time = 0; time < 16; time++) {
      for (const after of [0, 3, 5, 6]) {
        const items = await readAll(open({ ...quiet, now, logSeconds: 500 }), 'one', after);
        assert.ok(
          items.every((item) => 'lost' in item || item.number <= 7),
          'A turn has two ends.',
        );
      }
      advance(50_000);
    }
  },
};
