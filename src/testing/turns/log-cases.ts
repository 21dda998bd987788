import assert from 'node:assert/strict';
import type { HeldTurn, LoggedEvent, TurnStore } from '../../domain/turn-store.js';
import { interruptedNumber } from '../../domain/turn-store.js';
import { createClock, ids } from '../fixtures.js';
import {
  ahead,
  assertLog,
  begin,
  done,
  eager,
  lostFrom,
  number,
  quiet,
  readAll,
  readSome,
  say,
  type TurnCases,
  until,
} from './fixtures.js';

const { contextId } = ids;
/** Writes each event at once. */
const prompt = { ...quiet, flushBytes: 1 } as const;

/** What a turn says is heard by all, each event once. */
export const logCases: TurnCases = {
  'keeps what a turn has said, for every store, from any event on, and nothing beyond its end': async ({
    open,
  }) => {
    const ours = open(prompt);
    const turn = await begin(ours, 'one');
    const events = Array.from({ length: 7 }, (_, index) => say(`${index} é🙂 "\\`));
    for (const [index, event] of events.entries()) {
      turn.log(event);
      if (index % 3 === 0) await readSome(open(eager), 'one', 1, index);
    }
    assert.deepEqual(await turn.end(done), { ...done, number: 8 });
    const all = number([...events, done]);
    for (const store of [ours, open(quiet)]) {
      for (let after = 0; after <= 8; after++)
        assert.deepEqual(await readAll(store, 'one', after), all.slice(after));
      for (const after of [9, 1_000, interruptedNumber])
        assert.deepEqual(await readAll(store, 'one', after), []);
    }
  },

  'lets a log be heard while it is written, by all who come, each event once and in order': async ({
    open,
  }) => {
    const turn = await begin(open(eager), 'one');
    const events = Array.from({ length: 40 }, (_, index) => say(index));
    const heard = [
      readAll(open(eager), 'one'),
      readAll(open(eager), 'one', 3),
      readAll(open(eager), 'one', 39),
    ];
    for (const [index, event] of events.entries()) {
      turn.log(event);
      if (index % 10 === 9) await readSome(open(eager), 'one', 1, index);
      if (index === 20) heard.push(readAll(open(eager), 'one'), readAll(open(eager), 'one', 15));
    }
    await turn.end(done);
    const all = number([...events, done]);
    assert.deepEqual(
      await Promise.all(heard),
      [0, 3, 39, 0, 15].map((after) => all.slice(after)),
    );
  },

  'has the end in the log before the lease is free': async ({ open, backend }) => {
    const turn = await begin(open(quiet), 'one');
    backend.faults.passNext();
    const release = backend.faults.delayNext();
    const ended = turn.end(done);
    await until(async () => backend.faults.ordered === 0);
    await assertLog(open(eager), 'one', [done]);
    const start = await open(quiet).begin(contextId, { turn: 'two', holder: 'a test' });
    assert.deepEqual(start, { outcome: 'busy', turn: 'one' });
    release();
    await ended;
    await (await begin(open(quiet), 'two')).end(done);
  },

  'keeps an event of megabytes, and many at once': async ({ open }) => {
    const turn = await begin(open(quiet), 'one');
    const large = say(Array.from({ length: 300_000 }, (_, index) => `${index * 7_919}`).join(' '));
    const events = [
      say('one'),
      large,
      ...Array.from({ length: 3_000 }, (_, index) => say(`${index}`.repeat(40))),
    ];
    for (const event of events) turn.log(event);
    await turn.end(done);
    await assertLog(open(quiet), 'one', [...events, done]);
    assert.deepEqual(await readAll(open(quiet), 'one', 2_000), number([...events, done]).slice(2_000));
  },

  'writes each event once, although answers are lost or requests are sent twice': async ({
    open,
    backend,
  }) => {
    const turn = await begin(open(prompt), 'one');
    const events: LoggedEvent[] = [];
    for (const order of ['loseNextAnswer', 'repeatNext', 'failNext', 'loseNextAnswer'] as const) {
      const event = say(order);
      backend.faults[order]();
      turn.log(event);
      events.push(event);
      await until(async () => backend.faults.ordered === 0);
      await readSome(open(eager), 'one', 1, events.length - 1);
    }
    backend.faults.loseNextAnswer();
    await turn.end(done);
    await assertLog(open(quiet), 'one', [...events, done]);
  },

  'goes on with a log when the store answers again': async ({ open, backend }) => {
    const turn = await begin(open(eager), 'one');
    const events = [say('one'), say('two'), say('three')];
    for (const isStored of [false, true]) {
      for (const event of events) turn.log(event);
      if (isStored) backend.faults.loseNextAnswer();
      for (let request = 0; request < 12; request++) backend.faults.failNext();
      await until(async () => backend.faults.ordered === 0);
    }
    await turn.end(done);
    await assertLog(open(quiet), 'one', [...events, ...events, done]);
  },

  'says which events are no longer held when they are too many, and holds the newest': async ({ open }) => {
    for (const [index, limit] of [{ maxLogEvents: 4 }, { maxLogBytes: 150 }].entries()) {
      const name = `turn-${index}`;
      const turn = await begin(open({ ...prompt, ...limit }), name);
      const events = Array.from({ length: 12 }, (_, event) => say(event));
      await logOneByOne(turn, events, open(eager));
      await turn.end(done);
      for (const after of [0, 2]) {
        const items = await readAll(open(quiet), name, after);
        const held = items.filter((item) => 'kind' in item);
        const lost = items.flatMap((item) => ('lost' in item ? [item.lost] : []));
        assert.ok(held.length >= 2 && held.length <= 6, `Held are ${held.length}.`);
        assert.deepEqual(held, number([...events, done]).slice(-held.length));
        // Without a break from the first one that is asked for to the first one that is held.
        const bounds = [after, ...lost.flatMap(({ from, to }) => [from - 1, to]), 13 - held.length];
        for (let bound = 0; bound < bounds.length; bound += 2) assert.equal(bounds[bound], bounds[bound + 1]);
      }
    }
  },

  'says which events were never written because the store did not answer for long': async ({
    open,
    backend,
  }) => {
    const turn = await begin(open({ ...quiet, maxLogEvents: 4 }), 'one');
    const events = Array.from({ length: 10 }, (_, index) => say(index));
    for (const event of events) turn.log(event);
    backend.faults.failNext();
    assert.deepEqual(await turn.end(done), { ...done, number: 11 });
    assert.deepEqual(await readAll(open(quiet), 'one'), [
      { lost: { from: 1, to: 7 } },
      ...number([...events.slice(7), done], 8),
    ]);
    assert.deepEqual(await readAll(open(quiet), 'one', 9), number([...events, done]).slice(9));
  },

  'keeps a log for as long as it is told, and says then that nothing is held': async ({ open }) => {
    const { now, advance } = createClock();
    const turn = await begin(open({ ...quiet, now, logSeconds: 3_600 }), 'one');
    turn.log(say('one'));
    await turn.end(done);
    advance(3_599_000);
    await assertLog(open({ ...quiet, now }), 'one', [say('one'), done]);
    advance(2_000);
    assert.deepEqual(await readAll(open({ ...quiet, now }), 'one', 1), [lostFrom(2)]);
    await (await begin(open({ ...quiet, now }), 'two')).end(done);
    assert.deepEqual(await readAll(open({ ...quiet, now }), 'one'), [lostFrom(1)]);
  },

  'says how much of a turn is no longer held that has run for longer than its log is kept': async ({
    open,
  }) => {
    const { now, advance } = createClock();
    const turn = await begin(open({ ...eager, flushBytes: 1, now, logSeconds: 100 }), 'one');
    const events = Array.from({ length: 6 }, (_, index) => say(index));
    for (const [index, event] of events.entries()) {
      turn.log(event);
      await readSome(open({ ...eager, now }), 'one', 1, index);
      advance(30_000);
    }
    // It expires only after all others.
    const [gap, ...held] = await readSome(open({ ...eager, now }), 'one', 4);
    assert.deepEqual(gap, { lost: { from: 1, to: 3 } });
    assert.deepEqual(held, number(events.slice(3), 4));
    await turn.end(done);
    assert.deepEqual(await readAll(open({ ...quiet, now }), 'one', 4), number([...events, done]).slice(4));
  },

  'knows nothing of a turn that never was, and says so': async ({ open }) => {
    const ours = open(quiet);
    assert.deepEqual(await readAll(ours, 'one'), [lostFrom(1)]);
    await (await begin(ours, 'one')).end(done);
    assert.deepEqual(await readAll(ours, 'two', 5), [lostFrom(6)]);
    await assertLog(ours, 'one', [done]);
  },

  'ends a reading when it is told to': async ({ open }) => {
    const turn = await begin(open(prompt), 'one');
    turn.log(say('one'));
    await readSome(open(eager), 'one', 1);
    const controller = new AbortController();
    const heard: unknown[] = [];
    for await (const item of open(quiet).read(contextId, 'one', 0, controller.signal)) {
      heard.push(item);
      // It waits for the next event, for an hour.
      setTimeout(() => controller.abort(), 20);
    }
    assert.deepEqual(heard, number([say('one')]));
    assert.deepEqual(await readAll(open(quiet), 'one', 0, AbortSignal.abort()), []);
    await turn.end(done);
  },

  'takes nothing more once the turn is ending': async ({ open }) => {
    const turn = await begin(open(prompt), 'one');
    const ended = [turn.end(done), turn.end(say('again'))];
    turn.log(say('late'));
    assert.deepEqual(await Promise.all(ended), [
      { ...done, number: 1 },
      { ...done, number: 1 },
    ]);
    await assertLog(open({ ...quiet, now: ahead(Date.now, 1) }), 'one', [done]);
  },
};

/** So that each is in a part of the log of its own. */
async function logOneByOne(turn: HeldTurn, events: readonly LoggedEvent[], reader: TurnStore): Promise<void> {
  for (const [index, event] of events.entries()) {
    turn.log(event);
    await readSome(reader, turn.turn, 1, index);
  }
}
