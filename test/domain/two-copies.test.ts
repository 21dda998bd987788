import { beforeAll, describe, expect, it, vi } from 'vitest';
import { InMemoryAgentStore } from '../../src/adapters/memory/index.js';
import { createApp } from '../../src/hono.js';
import type * as Copy from '../../src/index.js';
import * as ours from '../../src/index.js';
import type * as StoresCopy from '../../src/stores.js';
import { createState } from '../../src/testing/fixtures.js';
import { assertSameValue } from '../../src/testing/index.js';
import { FakeAgent } from '../server/fake-agent.js';

/** The package once more, as when two versions of it are installed. */
let theirs: typeof Copy;
let theirStores: typeof StoresCopy;

const rich = createState(1, { metadata: { map: new Map([['a', new Set([1n])]]), error: new Error('x') } });
const ids = { agentId: 'a', contextId: 's' };

beforeAll(async () => {
  vi.resetModules();
  theirs = await import('../../src/index.js');
  theirStores = await import('../../src/stores.js');
});

describe('two copies of the package in one process', () => {
  it('are two', () => {
    expect(theirs.AnnotatedData).not.toBe(ours.AnnotatedData);
    expect(new theirs.AnnotatedData(1, 2)).toBeInstanceOf(ours.AnnotatedData);
    for (const other of [null, 'text', {}, [], new Uint8Array(1)])
      expect(other).not.toBeInstanceOf(ours.AnnotatedData);
  });

  it('read what either serializer makes', async () => {
    const made = await theirStores.defaultSerializer.serialize(rich, ids);
    const text = ours.toStateText(made);
    expect(text).toBe(theirs.toStateText(made));
    assertSameValue(await ours.defaultSerializer.deserialize(ours.fromStateText(text), ids), rich);
    const store = new InMemoryAgentStore({ agentId: 'a', serializer: theirStores.defaultSerializer });
    await store.save('s', rich);
    assertSameValue(await store.load('s'), rich);
  });

  it('tell what went wrong by the code of either', async () => {
    const records = {
      get: () => Promise.reject(new theirs.AgentStoreError('CORRUPTED', 'It is damaged.')),
      put: () => Promise.reject(new theirs.AgentStoreError('TOO_LARGE', 'It is large.')),
      delete: () => Promise.resolve({ written: true } as const),
    };
    const store = ours.createAgentStore(records, { agentId: 'a' });
    await expect(store.save('s', rich)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(store.load('s')).rejects.toMatchObject({ code: 'CORRUPTED' });
  });

  it('share the request that is served', async () => {
    const contexts: unknown[] = [];
    const app = createApp({
      agent: async (contextId) => {
        contexts.push(theirs.getRequestContext()?.sessionId);
        return new FakeAgent(contextId);
      },
    });
    const headers = { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': 's' };
    const answer = await app.request('/invocations', { method: 'POST', headers, body: '{"prompt":"hello"}' });
    await answer.text();
    expect(contexts).toEqual(['s']);
    expect(theirs.getRequestContext()).toBeUndefined();
  });
});
