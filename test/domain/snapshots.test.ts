import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { InMemoryAgentStore, InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { createSuperjsonSerializer } from '../../src/adapters/superjson/index.js';
import { defaultSerializer } from '../../src/domain/default-serializer.js';
import { AgentStoreError } from '../../src/domain/errors.js';
import type { RecordStore, StoredRecord } from '../../src/domain/record-store.js';
import { createAgentStore } from '../../src/domain/store/create-agent-store.js';
import { StateSnapshot } from '../../src/domain/store/state-snapshot.js';
import { toStateText } from '../../src/domain/values/text.js';
import { createState } from '../../src/testing/fixtures.js';
import { assertSameValue } from '../../src/testing/index.js';

const rich = () => createState(1, { metadata: { map: new Map([['a', new Set([1n])]]), at: new Date(7) } });
const long = 'long'.repeat(1_000);
const thousand = <Made>(make: (index: number) => Made) =>
  Array.from({ length: 1_000 }, (_, index) => make(index));
const key = { partition: 'agent#a', sort: 'context#s' };

describe('a state in memory', () => {
  const serializers = { default: {}, superjson: { serializer: createSuperjsonSerializer() } };

  it.each([
    ['default', 'superjson'],
    ['superjson', 'default'],
  ] as const)('that the serializer "%s" has made is read by that of "%s"', async (from, to) => {
    const records = new InMemoryRecordStore();
    const writer = new InMemoryAgentStore({ agentId: 'a', records, ...serializers[from] });
    const reader = new InMemoryAgentStore({ agentId: 'a', records, ...serializers[to] });
    await writer.save('s', rich());
    assertSameValue(await reader.load('s'), rich());
  });

  it('is data for whoever reads the record, and not the state that anybody holds', async () => {
    const records = new InMemoryRecordStore();
    const store = new InMemoryAgentStore({ agentId: 'a', records });
    await store.save('s', rich());
    const stored = await records.get(key);
    const data = await stored?.read(1_000);
    expect(data).toStrictEqual(await defaultSerializer.serialize(rich(), { agentId: 'a', contextId: 's' }));
    Reflect.set(Object(data).data, 'turnCount', 9);
    const loaded = await store.load('s');
    assertSameValue(loaded, rich());
    Reflect.set(Object(loaded), 'turnCount', 9);
    assertSameValue(await store.load('s'), rich());
  });

  it('is refused by its size, which is that of its text, and by a reader with a lower limit', async () => {
    const records = new InMemoryRecordStore();
    const text = 'é'.repeat(500);
    const state = createState(1, { metadata: { text, at: new Date(7) } });
    const store = new InMemoryAgentStore({ agentId: 'a', records });
    await store.save('s', state);
    const bytes = await sizeOfStored(records);
    await new InMemoryAgentStore({ agentId: 'a', maxStateBytes: bytes }).save('s', state);
    const refused = { code: 'TOO_LARGE', message: expect.stringContaining(`needs ${bytes} bytes`) };
    const small = new InMemoryAgentStore({ agentId: 'a', records, maxStateBytes: bytes - 1 });
    await expect(small.load('s')).rejects.toMatchObject(refused);
    await expect(small.save('other', state)).rejects.toMatchObject(refused);
    expect(await store.load('other')).toBeNull();
  });

  it.each([
    ['notes that repeat a long path', { [long]: thousand(() => new Date(7)) }],
    [
      'notes about keys that are refused in a map',
      new Map([[1, { [long]: thousand(() => ({ constructor: 1 })) }]]),
    ],
    ['steps into maps', thousand((index) => new Map([[undefined, index]]))],
    ['a number of many digits', 10n ** 10_000n],
    ['bytes', new Uint8Array(10_000)],
    ['a long expression', new RegExp(long)],
    ['an error with a long message', new Error(long)],
    [
      'keys of control characters',
      Object.fromEntries(thousand((index) => [`${'\0'.repeat(99)}${index}`, 1])),
    ],
    ['texts of control characters', thousand(() => '\0'.repeat(99))],
    [
      'texts of control characters under keys',
      Object.fromEntries(thousand((index) => [`${index}`, '\0'.repeat(99)])),
    ],
    ['short values', thousand((index) => [index, null, true, -1.234567890123456e-300])],
  ])('takes no more bytes than its snapshot says, also with %s', async (_, value) => {
    const state = createState(1, { metadata: { value } });
    const text = toStateText(await defaultSerializer.serialize(state, { agentId: 'a', contextId: 's' }));
    expect(new StateSnapshot(state).maxBytes).toBeGreaterThanOrEqual(Buffer.byteLength(text));
  });

  it('is no state any more if its backend gives something else', async () => {
    const stored: StoredRecord = {
      revision: 'r',
      read: () => null,
      snapshot: { maxBytes: 1, copy: () => ({ status: 'idle' }), toData: () => null },
    };
    const records: RecordStore = {
      isLocal: true,
      get: async () => stored,
      put: async () => ({ written: true }),
      delete: async () => ({ written: true }),
    };
    const store = createAgentStore(records, { agentId: 'a' });
    await expect(store.load('s')).rejects.toMatchObject({ code: 'CORRUPTED' });
  });

  it('is refused by a reader with a lower limit if it is data, too', async () => {
    const options = { agentId: 'a', records: new InMemoryRecordStore(), ...serializers.superjson };
    await new InMemoryAgentStore(options).save('s', rich());
    const small = new InMemoryAgentStore({ ...options, maxStateBytes: 100 });
    await expect(small.load('s')).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  it('is refused if a field is something else as soon as it is read again', async () => {
    let reads = 0;
    const state = Object.defineProperty(createState(1), 'turnCount', {
      enumerable: true,
      get: () => (reads++ === 0 ? 1 : 'many'),
    });
    const store = new InMemoryAgentStore({ agentId: 'a' });
    await expect(store.save('s', state)).rejects.toMatchObject({ code: 'UNSERIALIZABLE' });
    expect(await store.load('s')).toBeNull();
  });

  it('is read of data that comes later, whoever has made the promise of it', async () => {
    const inner = new InMemoryRecordStore();
    await new InMemoryAgentStore({ agentId: 'a', records: inner }).save('s', rich());
    const stored = await inner.get(key);
    const data = await stored?.read(1_000);
    const read = () => runInNewContext('Promise').resolve(data);
    const records: RecordStore = {
      get: async () => ({ revision: 'r', read }),
      put: async () => ({ written: true }),
      delete: async () => ({ written: true }),
    };
    assertSameValue(await createAgentStore(records, { agentId: 'a' }).load('s'), rich());
  });

  it('is spread like any other by a backend in this process whose records are short', async () => {
    const inner = new InMemoryRecordStore();
    const places = async () => (await inner.keys(key.partition, { prefix: '', limit: 100 })).keys;
    const records: RecordStore = {
      isLocal: true,
      maxRecordBytes: 200,
      get: (place) => inner.get(place),
      delete: (place, expected) => inner.delete(place, expected),
      put: async (place, record, expected) => {
        if (Buffer.byteLength(String(record.text)) > 300) throw new AgentStoreError('TOO_LARGE', 'Too long.');
        return inner.put(place, record, expected);
      },
    };
    const store = createAgentStore(records, { agentId: 'a' });
    const state = createState(1, { metadata: { text: 'x'.repeat(900), at: new Date(7) } });
    await store.save('s', state);
    assertSameValue(await createAgentStore(records, { agentId: 'a' }).load('s'), state);
    expect((await places()).length).toBeGreaterThan(2);
    // Whoever needs no parts removes those of others.
    const whole = createAgentStore(inner, { agentId: 'a' });
    await whole.load('s');
    await whole.save('s', createState(2));
    await whole.save('s', createState(3));
    expect(await places()).toEqual([key.sort]);
  });
});

async function sizeOfStored(records: InMemoryRecordStore): Promise<number> {
  const stored = await records.get(key);
  return Buffer.byteLength(String(toStateText((await stored?.read(1e6)) ?? null)));
}
