import assert from 'node:assert/strict';
import { createClock, ids } from '../fixtures.js';
import {
  ahead,
  begin,
  done,
  eager,
  heldMs,
  lostFrom,
  quiet,
  readAll,
  safeMs,
  say,
  splitStarts,
  stopOf,
  type TurnCases,
  until,
} from './fixtures.js';

const { contextId } = ids;

/** One turn at a time, and a larger token for each. */
export const leaseCases: TurnCases = {
  'begins a turn if none of the session runs, and says which one does': async ({ open }) => {
    const [ours, theirs] = [open(quiet), open(quiet)];
    assert.equal(await theirs.runningTurn(contextId), null);
    const turn = await begin(ours, 'one');
    assert.equal(turn.turn, 'one');
    for (const store of [ours, theirs]) {
      assert.deepEqual(await store.begin(contextId, { turn: 'two', holder: 'a test' }), {
        outcome: 'busy',
        turn: 'one',
      });
      assert.equal(await store.runningTurn(contextId), 'one');
    }
    await (await begin(theirs, 'three', undefined, 'session-2')).abandon();
    await turn.end(done);
    assert.equal(await theirs.runningTurn(contextId), null);
    await (await begin(theirs, 'two')).end(done);
  },

  'lets one of several begin that come at once': async ({ open }) => {
    const names = Array.from({ length: 6 }, (_, index) => `turn-${index}`);
    const starts = await Promise.all(
      names.map((turn) => open(quiet).begin(contextId, { turn, holder: 'a test' })),
    );
    const [begun, others] = splitStarts(starts);
    for (const start of others) assert.deepEqual(start, { outcome: 'busy', turn: begun.turn });
    await begun.end(done);
  },

  'gives each turn a larger token: after an end, after one that was given up, and after any time': async ({
    open,
  }) => {
    const { now, advance } = createClock();
    // Their clock is behind, and no token may be smaller because of that.
    const [ours, theirs] = [open({ ...quiet, now }), open({ ...quiet, now: ahead(now, -4_000) })];
    const tokens: number[] = [];
    const ended = await begin(ours, 'one');
    tokens.push(ended.fencingToken);
    assert.ok(ended.fencingToken >= now(), 'A token is no smaller than the time in milliseconds.');
    await ended.end(done);
    const abandoned = await begin(theirs, 'two');
    tokens.push(abandoned.fencingToken);
    await abandoned.abandon();
    const vanished = await begin(theirs, 'three');
    tokens.push(vanished.fencingToken);
    advance(heldMs);
    for (const days of [0, 1, 30, 1_000]) {
      advance(days * 86_400_000);
      const next = await begin(ours, `after-${days}-days`);
      tokens.push(next.fencingToken);
      await next.end(done);
    }
    await vanished.abandon();
    assert.deepEqual(
      tokens,
      [...new Set(tokens)].sort((a, b) => a - b),
    );
  },

  'begins no turn before the whole time of the lease has passed, and five seconds more': async ({ open }) => {
    const { now, advance } = createClock();
    const vanished = await begin(open({ ...quiet, now }), 'one');
    advance(heldMs - 1);
    const rival = open({ ...quiet, now });
    assert.equal(await rival.runningTurn(contextId), 'one');
    assert.equal((await rival.begin(contextId, { turn: 'two', holder: 'a test' })).outcome, 'busy');
    advance(1);
    assert.equal(await rival.runningTurn(contextId), null);
    await (await begin(rival, 'two')).end(done);
    await vanished.abandon();
    assert.equal(await rival.runningTurn(contextId), null);
  },

  'renews a lease as long as its turn runs': async ({ open }) => {
    const { now, advance } = createClock();
    const turn = await begin(open({ ...eager, now }), 'one');
    const stops: string[] = [];
    turn.onStop((reason) => stops.push(reason));
    // It sees the lease only once that has been renewed.
    const watcher = open({ ...quiet, now: ahead(now, heldMs - 150_000) });
    for (let time = 0; time < 10; time++) {
      advance(150_000);
      await until(async () => (await watcher.runningTurn(contextId)) === 'one');
    }
    assert.deepEqual(stops, []);
    await turn.end(done);
    assert.deepEqual(stops, []);
  },

  'renews a lease although requests fail': async ({ open, backend }) => {
    const { now, advance } = createClock();
    const turn = await begin(open({ ...eager, now }), 'one');
    for (let request = 0; request < 3; request++) backend.faults.loseNextAnswer();
    for (let request = 0; request < 8; request++) backend.faults.failNext();
    await until(async () => backend.faults.ordered === 0);
    advance(300_000);
    const watcher = open({ ...quiet, now: ahead(now, heldMs - 300_000) });
    await until(async () => (await watcher.runningTurn(contextId)) === 'one');
    assert.deepEqual(await turn.end(done), { ...done, number: 1 });
  },

  'stops a turn when two thirds of the time have passed without a renewal': async ({ open }) => {
    const { now, advance } = createClock();
    const turn = await begin(open({ ...eager, now }), 'one');
    const stopped = stopOf(turn);
    advance(safeMs);
    assert.equal(await stopped, 'lost');
    assert.equal(await stopOf(turn), 'lost');
    // Others wait for longer.
    assert.equal(await open({ ...quiet, now }).runningTurn(contextId), 'one');
    await turn.end(done);
  },

  'stops a turn whose lease somebody else has taken': async ({ open }) => {
    const { now } = createClock();
    const turn = await begin(open({ ...eager, now, renewSeconds: 0.2 }), 'one');
    const stopped = stopOf(turn);
    const rival = await begin(open({ ...quiet, now: ahead(now, 1_000_000) }), 'two');
    assert.equal(await stopped, 'lost');
    await turn.end(done);
    assert.equal(await open({ ...quiet, now: ahead(now, 1_000_000) }).runningTurn(contextId), 'two');
    await rival.end(done);
  },

  'begins a turn once, although answers are lost or the client sends twice': async ({ open, backend }) => {
    for (const order of ['loseNextAnswer', 'repeatNext'] as const) {
      backend.faults.passNext();
      backend.faults[order]();
      const turn = await begin(open(quiet), order);
      assert.equal(await open(quiet).runningTurn(contextId), order);
      backend.faults.passNext();
      backend.faults[order]();
      await turn.end(done);
      assert.equal(await open(quiet).runningTurn(contextId), null);
    }
  },

  'counts the turns and the tokens of a session': async ({ open, backend }) => {
    const ours = open(quiet);
    const first = await begin(ours, 'one');
    assert.deepEqual(first.usage, { turns: 1, tokens: 0 });
    first.useTokens(100);
    first.useTokens(20.4);
    for (const none of [Number.NaN, -5, 0]) first.useTokens(none);
    backend.faults.passNext();
    backend.faults.loseNextAnswer();
    await first.end(done);
    const abandoned = await begin(open(quiet), 'two');
    assert.deepEqual(abandoned.usage, { turns: 2, tokens: 120 });
    await abandoned.abandon();
    const last = await begin(open(quiet), 'three');
    assert.deepEqual(last.usage, { turns: 2, tokens: 120 });
    last.useTokens(Number.POSITIVE_INFINITY);
    await last.end(done);
    const next = await begin(ours, 'four');
    assert.deepEqual(next.usage, { turns: 3, tokens: Number.MAX_SAFE_INTEGER });
    await next.end(done);
  },

  'leaves nothing of a turn that was given up': async ({ open }) => {
    const ours = open({ ...eager, renewSeconds: 200 });
    const turn = await begin(ours, 'one');
    turn.log(say('never'));
    await turn.abandon();
    assert.deepEqual(await readAll(open(quiet), 'one'), [lostFrom(1)]);
    await (await begin(open(quiet), 'two')).end(done);
    assert.deepEqual(await readAll(open(quiet), 'one'), [lostFrom(1)]);
  },
};
