import assert from 'node:assert/strict';
import { createClock, ids } from '../fixtures.js';
import { ahead, begin, done, eager, heldMs, quiet, type TurnCases, until } from './fixtures.js';

const { contextId } = ids;

/** What runs now, for people who look after it. */
export const listingCases: TurnCases = {
  'lists the turns that run, since when, where, and what they have used': async ({ open }) => {
    const { now, advance } = createClock();
    const ours = open({ ...eager, now });
    assert.deepEqual(await ours.listRunningTurns(), []);
    await (await begin(ours, 'one')).end(done);
    const start = now();
    const running = await begin(ours, 'two');
    running.useTokens(7);
    advance(1_000);
    const early = open({ ...quiet, now: ahead(now, -heldMs) });
    const vanished = await begin(early, 'three', undefined, 'session-2');
    const theirs = open({ ...quiet, now });
    const expected = { contextId, turn: 'two', since: new Date(start), holder: 'a test' };
    await until(async () => (await theirs.listRunningTurns())[0]?.tokens === 7);
    assert.deepEqual(await theirs.listRunningTurns(), [{ ...expected, tokens: 7 }]);
    await running.end(done);
    assert.deepEqual(await theirs.listRunningTurns(), []);
    await vanished.abandon();
  },

  'lists them all, whatever the ids of their sessions, and those of no other agent': async ({ open }) => {
    const ours = open(quiet);
    const odd = ['é🙂', 'a#b', '*', '%', '%3A:', '{a}', '[x]', 'a\\b', 'owner#', ' '];
    const sessions = [...odd, ...Array.from({ length: 105 }, (_, index) => `session-${index}`)];
    const other = await begin(open({ ...quiet, agentId: 'support-2' }), 'other');
    const turns = await Promise.all(
      sessions.map((session, index) => begin(ours, `turn-${index}`, undefined, session)),
    );
    const listed = await open(quiet).listRunningTurns();
    assert.deepEqual(listed.map((turn) => turn.contextId).sort(), sessions.sort());
    for (const turn of [...turns, other]) await turn.abandon();
    assert.deepEqual(await open(quiet).listRunningTurns(), []);
  },
};
