import assert from 'node:assert/strict';
import type { Cases } from './contract-case.js';
import { assertFails, assertStoredTurns, createState, ids } from './fixtures.js';
import { assertSameValue } from './same-value.js';

const { contextId } = ids;

/** `peek`: a look that changes nothing. */
export const peekCases: Cases = {
  'peeks at what is stored': async ({ open }) => {
    assert.equal(await open().peek(contextId), null);
    await open().save(contextId, createState(1, { metadata: { at: new Date(4) } }));
    assertSameValue(await open().peek(contextId), createState(1, { metadata: { at: new Date(4) } }));
  },

  'does not count a peek as a load': async ({ open }) => {
    const [ours, theirs] = [open(), open()];
    await ours.save(contextId, createState(1));
    await theirs.peek(contextId);
    await assertFails(theirs.save(contextId, createState(9)), 'CONFLICT');
    await theirs.peek(contextId);
    await assertFails(theirs.save(contextId, createState(9)), 'CONFLICT');
    await theirs.load(contextId);
    await theirs.save(contextId, createState(2));
    await ours.peek(contextId);
    await assertFails(ours.save(contextId, createState(9)), 'CONFLICT');
    await assertStoredTurns(open(), 2);
  },

  'lets a peek that fails refuse nothing': async ({ open, backend }) => {
    const ours = open();
    await ours.save(contextId, createState(1));
    backend.faults.failNext();
    await assertFails(ours.peek(contextId), 'UNAVAILABLE');
    await ours.save(contextId, createState(2));
    await assertStoredTurns(open(), 2);
  },

  'lets a slow peek hold up nothing': async ({ open, backend }) => {
    const ours = open();
    const release = backend.faults.delayNext();
    const peeked = ours.peek(contextId);
    await ours.save(contextId, createState(1));
    release();
    assert.equal((await peeked)?.turnCount, 1);
  },
};
