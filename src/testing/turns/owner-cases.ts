import assert from 'node:assert/strict';
import { createClock, ids } from '../fixtures.js';
import { quiet, type TurnCases } from './fixtures.js';

const { contextId } = ids;

/** A session belongs to whoever was first. */
export const ownerCases: TurnCases = {
  'makes whoever is first the owner, for every store and for ever': async ({ open }) => {
    const { now, advance } = createClock();
    const ours = open({ ...quiet, now });
    assert.equal(await ours.owner(contextId), null);
    assert.equal(await ours.claim(contextId, 'ann'), true);
    assert.equal(await ours.claim(contextId, 'bob'), false);
    assert.equal(await ours.claim('session-2', 'bob'), true);
    advance(100 * 365 * 86_400_000);
    const theirs = open({ ...quiet, now });
    assert.equal(await theirs.claim(contextId, 'bob'), false);
    assert.equal(await theirs.claim(contextId, 'ann'), true);
    assert.equal(await theirs.owner(contextId), 'ann');
  },

  'makes one of several the owner that claim at once': async ({ open }) => {
    const names = ['ann', 'bob', 'cem', 'dan', 'eve'];
    const claims = await Promise.all(names.map((name) => open(quiet).claim(contextId, name)));
    assert.equal(claims.filter((isOwner) => isOwner).length, 1);
    assert.equal(await open(quiet).owner(contextId), names[claims.indexOf(true)]);
  },

  'makes an owner once, although the answer is lost or the client sends it twice': async ({
    open,
    backend,
  }) => {
    for (const [index, order] of (['loseNextAnswer', 'repeatNext'] as const).entries()) {
      backend.faults.passNext();
      backend.faults[order]();
      assert.equal(await open(quiet).claim(`session-${index}`, 'ann'), true);
      assert.equal(await open(quiet).claim(`session-${index}`, 'bob'), false);
    }
  },

  "makes a session nobody's, for the next one to claim": async ({ open }) => {
    const ours = open(quiet);
    await ours.claim(contextId, 'ann');
    await open(quiet).disown(contextId);
    await ours.disown(contextId);
    assert.equal(await ours.owner(contextId), null);
    assert.equal(await ours.claim(contextId, 'bob'), true);
    assert.equal(await open(quiet).claim(contextId, 'ann'), false);
  },
};
