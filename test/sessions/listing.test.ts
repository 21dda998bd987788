import { describe, expect, it } from 'vitest';
import { InMemoryAgentStore, InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import type { KeySchema } from '../../src/domain/key-schema.js';
import { createAgentStore } from '../../src/domain/store/create-agent-store.js';
import { createState } from '../../src/testing/fixtures.js';

const agentId = 'support';

describe('a list of sessions', () => {
  it('is refused by a backend that cannot list its records', async () => {
    const records = new InMemoryRecordStore();
    const store = createAgentStore(
      {
        get: (key) => records.get(key),
        put: (...given) => records.put(...given),
        delete: (...given) => records.delete(...given),
      },
      { agentId },
    );
    await expect(store.listSessions()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      operation: 'listSessions',
      message: expect.stringContaining('"keys"'),
    });
  });

  it('is refused with a key schema that only makes keys, saying what to add', async () => {
    const keySchema: KeySchema = { key: ({ contextId }) => ({ partition: contextId, sort: 'state' }) };
    const store = new InMemoryAgentStore({ agentId, keySchema });
    await expect(store.listSessions()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('"range"'),
    });
  });

  it('has the sessions of a key schema that turns keys into ids, and nothing else that is there', async () => {
    const keySchema: KeySchema = {
      key: ({ contextId }) => ({ partition: 'all', sort: `S#${contextId}#STATE` }),
      range: () => ({
        partition: 'all',
        prefix: 'S#',
        contextId: (sort) => /^S#(.*)#STATE$/s.exec(sort)?.[1] ?? null,
      }),
    };
    const records = new InMemoryRecordStore();
    const store = new InMemoryAgentStore({ agentId, keySchema, records });
    await store.save('a#STATE', createState());
    const other = { revision: 'r', updatedAt: 0, entityType: '', data: 1, text: '1' };
    for (const sort of ['S#', 'S##STATE', 'S#x#NOTES'])
      await records.put({ partition: 'all', sort }, other, null);
    const { sessions } = await store.listSessions();
    expect(sessions.map(({ contextId }) => contextId)).toEqual(['a#STATE']);
  });

  it('has none whose key the schema would not give', async () => {
    const keySchema: KeySchema = {
      key: ({ contextId }) => ({ partition: 'all', sort: contextId }),
      range: () => ({ partition: 'all', prefix: '', contextId: (sort) => sort.toLowerCase() }),
    };
    const store = new InMemoryAgentStore({ agentId, keySchema });
    await store.save('Session', createState());
    expect((await store.listSessions()).sessions).toEqual([]);
    await store.save('session', createState());
    expect((await store.listSessions()).sessions).toMatchObject([{ contextId: 'session' }]);
  });

  it('passes on what a key schema throws', async () => {
    const cause = new Error('No such tenant.');
    let isBroken = false;
    const keySchema: KeySchema = {
      key: ({ contextId }) => {
        if (isBroken) throw cause;
        return { partition: 'all', sort: contextId };
      },
      range: () => ({ partition: 'all', prefix: '', contextId: (sort) => sort }),
    };
    const store = new InMemoryAgentStore({ agentId, keySchema });
    await store.save('session-1', createState());
    isBroken = true;
    await expect(store.listSessions()).rejects.toMatchObject({ code: 'UNAVAILABLE', cause });
  });

  it('passes on that the backend fails while a state is read', async () => {
    const records = new InMemoryRecordStore();
    const store = new InMemoryAgentStore({ agentId, records });
    await store.save('session-1', createState());
    records.get = () => Promise.reject(new Error('The request failed.'));
    await expect(store.listSessions()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
