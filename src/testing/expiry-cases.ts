import assert from 'node:assert/strict';
import type { Cases } from './contract-case.js';
import { assertFails, createClock, createState, ids } from './fixtures.js';

const { contextId } = ids;
const ttlSeconds = 60;

/** Promise 7: what has not been saved for long enough is gone. */
export const expiryCases: Cases = {
  'keeps a state until it expires, and not for a moment longer': async ({ open }) => {
    const { now, advance } = createClock();
    await open({ ttlSeconds, now }).save(contextId, createState(1));
    advance(59_999);
    assert.equal((await open({ now }).load(contextId))?.turnCount, 1);
    advance(1);
    assert.equal(await open({ now }).load(contextId), null);
    assert.equal(await open({ now }).peek(contextId), null);
  },

  'never expires a state without a time to live': async ({ open }) => {
    const { now, advance } = createClock();
    await open({ now }).save(contextId, createState(1));
    advance(100 * 365 * 86_400_000);
    assert.equal((await open({ now, ttlSeconds }).load(contextId))?.turnCount, 1);
  },

  'refuses to save over a state that has expired': async ({ open }) => {
    const { now, advance } = createClock();
    const ours = open({ ttlSeconds, now });
    await ours.save(contextId, createState(1));
    advance(60_000);
    await assertFails(ours.save(contextId, createState(2)), 'CONFLICT');
    assert.equal(await ours.load(contextId), null);
    await ours.save(contextId, createState(1));
    assert.equal((await open({ now }).load(contextId))?.turnCount, 1);
  },

  'creates over a state that has expired': async ({ open }) => {
    const { now, advance } = createClock();
    await open({ ttlSeconds, now }).save(contextId, createState(1));
    advance(60_000);
    await open({ ttlSeconds, now }).save(contextId, createState(5));
    assert.equal((await open({ now }).load(contextId))?.turnCount, 5);
  },

  'starts the time anew with every save': async ({ open }) => {
    const { now, advance } = createClock();
    const ours = open({ ttlSeconds, now });
    await ours.save(contextId, createState(1));
    advance(59_000);
    await ours.save(contextId, createState(2));
    advance(59_000);
    assert.equal((await open({ now }).load(contextId))?.turnCount, 2);
    await open({ now }).load(contextId);
    advance(1_000);
    assert.equal(await open({ now }).load(contextId), null);
  },

  'goes by the expiry that is stored, not by that of the reader': async ({ open }) => {
    const { now, advance } = createClock();
    await open({ ttlSeconds, now }).save(contextId, createState(1));
    advance(30_000);
    assert.equal((await open({ ttlSeconds: 1, now }).load(contextId))?.turnCount, 1);
    advance(30_000);
    assert.equal(await open({ ttlSeconds: 3_600, now }).load(contextId), null);
  },

  'lets a save without a time to live end the expiry': async ({ open }) => {
    const { now, advance } = createClock();
    await open({ ttlSeconds, now }).save(contextId, createState(1));
    const lasting = open({ now });
    await lasting.load(contextId);
    await lasting.save(contextId, createState(2));
    advance(60_000);
    assert.equal((await open({ now }).load(contextId))?.turnCount, 2);
  },
};
