import { describe, expect, it } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { AgentStoreError } from '../../src/domain/errors.js';
import type { RecordKey } from '../../src/domain/key-schema.js';
import type { NewRecord, RecordStore } from '../../src/domain/record-store.js';
import { createAgentStore } from '../../src/domain/store/create-agent-store.js';
import { createState } from '../../src/testing/fixtures.js';

const maxRecordBytes = 200;
const head = { partition: 'agent#a', sort: 'context#s' };
const large = createState(1, { metadata: { text: 'é"\\'.repeat(200) } });

/** Records of 400 bytes at most, with what was written and in which order. */
function createSmallRecords() {
  const records = new InMemoryRecordStore();
  const written: (NewRecord & { key: RecordKey })[] = [];
  const small: RecordStore = {
    maxRecordBytes,
    get: (key) => records.get(key),
    put: (key, record, expected) => {
      if (Buffer.byteLength(record.text) > 2 * maxRecordBytes + 100)
        throw new AgentStoreError('TOO_LARGE', 'The record is too large.');
      written.push({ ...record, key });
      return records.put(key, record, expected);
    },
    delete: (key, expected) => records.delete(key, expected),
  };
  return { records, written, small };
}

/** A record as somebody else might write it. */
function createRecord(fields: Partial<NewRecord>): NewRecord {
  return { revision: 'others', updatedAt: 0, entityType: '', data: null, text: 'null', ...fields };
}

describe('a state that takes several records', () => {
  it('is kept in parts that say what they are and outlive it by a day, with the record that names them last', async () => {
    const { small, written } = createSmallRecords();
    const now = () => 1_800_000_000_000;
    await createAgentStore(small, { agentId: 'a', ttlSeconds: 60, now }).save('s', large);
    const parts = written.slice(0, -1);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) {
      expect(part).toMatchObject({ entityType: 'agent-state-part', expiresAt: 1_800_000_060 + 86_400 });
      expect(part.key.sort).toMatch(/^part#[\w-]{22}#[0-9a-z]{4}~[\w-]{22}-\d+$/);
    }
    expect(written.at(-1)).toMatchObject({ key: head, data: null, expiresAt: 1_800_000_060 });
  });

  it('may be the bytes of a serializer', async () => {
    const { small } = createSmallRecords();
    const bytes = Buffer.alloc(1_000, 'bytes');
    const serializer = {
      serialize: () => new Uint8Array(bytes),
      deserialize: (data: unknown) => {
        expect(data).toEqual(new Uint8Array(bytes));
        return createState(5);
      },
    };
    // Bytes have no other form that is shorter.
    const records: RecordStore = {
      ...small,
      put: (key, record, expected) => {
        const { data } = record;
        if (data instanceof Uint8Array && data.length > maxRecordBytes)
          throw new AgentStoreError('TOO_LARGE', 'The record is too large.');
        return small.put(key, record, expected);
      },
    };
    const store = createAgentStore(records, { agentId: 'a', serializer });
    await store.save('s', createState(1));
    expect((await createAgentStore(records, { agentId: 'a', serializer }).load('s'))?.turnCount).toBe(5);
  });

  it.each<[string, Partial<NewRecord>]>([
    ['no list', { parts: '[]' }],
    ['no JSON', { parts: '{' }],
    ['lists of something else', { parts: '{"current":1,"replaced":[]}' }],
    ['parts that are not there', { parts: '{"current":[["x",1,"hash"]],"replaced":[]}' }],
  ])('is corrupted, and can be removed, with %s', async (_, fields) => {
    const { records, small } = createSmallRecords();
    await records.put(head, createRecord(fields), null);
    const store = createAgentStore(small, { agentId: 'a' });
    await expect(store.load('s')).rejects.toMatchObject({ code: 'CORRUPTED' });
    await expect(store.save('s', createState(1))).rejects.toMatchObject({ code: 'CONFLICT' });
    await store.delete('s');
    expect(await records.get(head)).toBe(null);
    expect(await store.load('s')).toBe(null);
  });

  it.each<[string, NewRecord['data']]>([
    ['larger than it was', 'x'.repeat(10_000)],
    ['bytes and no text', new Uint8Array(200)],
  ])('is corrupted with a part that is %s', async (_, data) => {
    const { records, small, written } = createSmallRecords();
    await createAgentStore(small, { agentId: 'a' }).save('s', large);
    const key = written[0]?.key ?? head;
    await records.put(key, createRecord({ data }), null);
    const store = createAgentStore(small, { agentId: 'a' });
    await expect(store.load('s')).rejects.toMatchObject({ code: 'CORRUPTED' });
  });

  it('is corrupted with parts of both kinds', async () => {
    const { records, small } = createSmallRecords();
    const { createHash } = await import('node:crypto');
    const toPart = async (name: string, data: string | Uint8Array) => {
      await records.put({ ...head, sort: `part#${name}` }, createRecord({ data }), null);
      const hash = createHash('sha256').update(data).digest().toString('base64url', 0, 16);
      return [name, Buffer.byteLength(data), hash];
    };
    const current = [await toPart('x', '{"json":'), await toPart('y', new Uint8Array([1]))];
    await records.put(head, createRecord({ parts: JSON.stringify({ current, replaced: [] }) }), null);
    await expect(createAgentStore(small, { agentId: 'a' }).load('s')).rejects.toMatchObject({
      code: 'CORRUPTED',
      cause: expect.any(TypeError),
    });
  });

  it('is gone with a record that says so, whatever it still names', async () => {
    for (const replaced of [[], ['x']]) {
      const { records, small } = createSmallRecords();
      const parts = JSON.stringify({ current: [], replaced, deleted: true });
      await records.put(head, createRecord({ parts }), null);
      const store = createAgentStore(small, { agentId: 'a' });
      expect(await store.peek('s')).toBe(null);
      expect(await records.get(head)).not.toBe(null);
      expect(await store.load('s')).toBe(null);
      expect(await records.get(head)).toBe(null);
      await store.save('s', createState(1));
    }
  });

  it('is removed to the end by a deletion whose first request is sent twice', async () => {
    const { records, small } = createSmallRecords();
    const keys = new Set<string>();
    let isRepeated = false;
    const repeating: RecordStore = {
      ...small,
      put: async (key, record, expected) => {
        keys.add(key.sort);
        const result = await small.put(key, record, expected);
        if (!isRepeated) return result;
        isRepeated = false;
        return small.put(key, record, expected);
      },
    };
    const store = createAgentStore(repeating, { agentId: 'a' });
    await store.save('s', large);
    isRepeated = true;
    await store.delete('s');
    for (const sort of keys) expect(await records.get({ ...head, sort })).toBe(null);
  });
});

describe('an update', () => {
  it('to more than the limit is refused, and changes nothing', async () => {
    const store = createAgentStore(new InMemoryRecordStore(), { agentId: 'a', maxStateBytes: 1_000 });
    await store.save('s', createState(1));
    await expect(store.update('s', () => large)).rejects.toMatchObject({
      code: 'TOO_LARGE',
      operation: 'update',
    });
    expect((await store.load('s'))?.turnCount).toBe(1);
  });
});
