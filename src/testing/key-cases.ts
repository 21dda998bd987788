import assert from 'node:assert/strict';
import type { Cases } from './contract-case.js';
import { assertFails, assertStoredTurns, createState, ids } from './fixtures.js';

/** Ids that a careless key would mix up, whatever joins its parts. */
const parts = [
  ...['#', ':', '/'].flatMap((joint) => [`a${joint}`, `${joint}b`, `a${joint}b`]),
  ...['a', 'b', ' ', '"', 'a\\', '{', '}', '{a}', 'a%23', '🙂'],
];

/** Promise 4: contexts and agents never meet. */
export const keyCases: Cases = {
  'keeps every pair of agent and context apart': async ({ open }) => {
    // The last write wins, so that two sessions under one key show as one with the other's state.
    const options = { agentKeyPrefix: '', contextKeyPrefix: '', concurrency: 'last-write-wins' } as const;
    const stores = parts.map((agentId) => open({ ...options, agentId }));
    let turn = 0;
    for (const store of stores)
      for (const contextId of parts) await store.save(contextId, createState(++turn));
    turn = 0;
    for (const store of stores) {
      for (const contextId of parts) assert.equal((await store.load(contextId))?.turnCount, ++turn);
    }
  },

  'hides the same ids behind another prefix, and shows them again': async ({ open }) => {
    await open().save(ids.contextId, createState(7));
    for (const prefixes of [
      { agentKeyPrefix: 'tenant-2#' },
      { contextKeyPrefix: 'session#' },
      { agentKeyPrefix: '' },
      { contextKeyPrefix: '' },
    ]) {
      const elsewhere = open(prefixes);
      assert.equal(await elsewhere.load(ids.contextId), null);
      await elsewhere.save(ids.contextId, createState(8));
      assert.equal((await open(prefixes).load(ids.contextId))?.turnCount, 8);
    }
    await assertStoredTurns(open(), 7);
  },

  'refuses an id that it cannot keep': async ({ open, backend }) => {
    const store = open();
    const { sort = Number.POSITIVE_INFINITY } = backend.keyLimits ?? {};
    const tooLong = Number.isFinite(sort) ? ['é'.repeat(sort / 2)] : [];
    for (const contextId of ['', '\ud800', 'a\udc00b', ...tooLong]) {
      await assertFails(store.load(contextId), 'INVALID_KEY');
      await assertFails(store.peek(contextId), 'INVALID_KEY');
      await assertFails(store.save(contextId, createState()), 'INVALID_KEY');
      await assertFails(store.delete(contextId), 'INVALID_KEY');
    }
  },

  'keeps the longest ids that its limits allow': async ({ open, backend }) => {
    const { partition = 4_096, sort = 4_096 } = backend.keyLimits ?? {};
    const agentId = 'a'.repeat(partition - 'agent#'.length);
    const contextId = 'c'.repeat(sort - 'context#'.length);
    await open({ agentId }).save(contextId, createState(3));
    assert.equal((await open({ agentId }).load(contextId))?.turnCount, 3);
  },
};
