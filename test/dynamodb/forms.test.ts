import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { AttributeValue } from '../../src/adapters/dynamodb/attribute-value.js';
import { itemSize } from '../../src/adapters/dynamodb/item-size.js';
import type { StateSerializer } from '../../src/domain/state-serializer.js';
import { AnnotatedData } from '../../src/domain/values/plain-data.js';
import { createState } from '../../src/testing/fixtures.js';
import { type Item, TestTable } from './table.js';

const table = TestTable.use();

async function save(metadata: Record<string, unknown>, options = {}): Promise<Item> {
  const store = table.open({ ...options, concurrency: 'last-write-wins' });
  await store.save('session', createState(1, { metadata }));
  return table.readItem();
}

/** Text of a length that makes the whole item, written as a native map, take so many bytes. */
async function textForItemOf(bytes: number): Promise<string> {
  return noise(bytes - sizeOf(await save({ text: '' }, { compression: 'off' })));
}

function sizeOf(item: Item): number {
  return itemSize(item as Record<string, AttributeValue>);
}

/** Text that gzip makes shorter by a fifth and no more. */
function noise(length: number): string {
  let seed = 7;
  return Array.from({ length }, () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return String.fromCharCode(35 + (seed % 90));
  }).join('');
}

function nest(levels: number): unknown {
  let value: unknown = 'in the middle';
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { in: value };
  return value;
}

describe('the size of an item', () => {
  it('is counted as DynamoDB counts it, to the byte', async () => {
    const metadata = {
      numbers: [0, 1, 12, 123, 1_234, -1, -123, 0.5, 0.25, 12.5, 1.25, 123.456, 10.01, 1e21, 1e-7, 0.1 + 0.2],
      whole: [100, 1_200, -10_000, 1_000_000, 123_456_789, -4_096, Number.MAX_SAFE_INTEGER],
      nothing: [null, true, {}, [], ''],
      ключ: '🙂é',
    };
    const rest = 409_600 - sizeOf(await save({ ...metadata, text: '' }, { compression: 'off' }));
    await save({ ...metadata, text: noise(rest) }, { compression: 'off' });
    await expect(save({ ...metadata, text: noise(rest + 1) }, { compression: 'off' })).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringContaining('409601 bytes'),
    });
  });
});

describe('the compact form', () => {
  it('is written where an item over 4 KB needs fewer write units that way', async () => {
    const atLimit = 'x'.repeat((await textForItemOf(4_096)).length);
    expect((await save({ text: atLimit })).state).toHaveProperty('M');
    expect((await save({ text: `${atLimit}x` })).state).toHaveProperty('B');
  });

  it('is not written where it saves no write unit', async () => {
    const fiveUnits = await textForItemOf(5_120);
    expect((await save({ text: fiveUnits })).state).toHaveProperty('M');
    expect((await save({ text: `${fiveUnits}x` })).state).toHaveProperty('B');
  });

  it.each([
    ['32 levels', { deep: nest(30) }, 'state.metadata.deep'],
    ['a number beyond its own', { a: [1e126] }, 'state.metadata.a[0] '],
    ['a number too near to 0', { a: 5e-324 }, 'state.metadata.a '],
    ['half a surrogate pair', { a: 'x\ud800' }, 'state.metadata.a '],
    ['a key that is half a surrogate pair', { 'x\ud800': 1 }, 'state.metadata'],
    ['an empty key', { a: { '': 1 } }, 'state.metadata.a'],
    ['a key that the SDK loses', { a: JSON.parse('{"__proto__":1}') }, 'state.metadata.a'],
  ])(
    'is written for what a native map cannot hold, and refused where it is off: %s',
    async (_, metadata, path) => {
      expect((await save(metadata)).state).toHaveProperty('B');
      expect((await table.open().load('session'))?.metadata).toEqual(metadata);
      await expect(save(metadata, { compression: 'off' })).rejects.toMatchObject({
        code: 'UNSERIALIZABLE',
        message: expect.stringContaining(path),
      });
    },
  );

  it('is not written for the most that a native map can hold', async () => {
    const metadata = { deep: nest(29), least: 1e-130, most: 9.99e125, empty: '', constructor: 'constructor' };
    expect((await save(metadata)).state).toHaveProperty('M');
    expect((await table.open().load('session'))?.metadata).toEqual(metadata);
  });

  it('is never written where it is off', async () => {
    expect((await save({ text: 'x'.repeat(300_000) }, { compression: 'off' })).state).toHaveProperty('M');
  });

  it('is gzip of superjson text, so that it can be read by hand', async () => {
    const item = await save({ text: 'x'.repeat(9_000), at: new Date(0) });
    const { json, meta } = JSON.parse(gunzipSync(item.state?.B ?? new Uint8Array()).toString());
    expect(json.metadata.at).toBe('1970-01-01T00:00:00.000Z');
    expect(meta.values['metadata.at']).toEqual(['Date']);
    expect(item).not.toHaveProperty('stateNotes');
  });
});

describe('a serializer of the user', () => {
  const codec = (serialize: StateSerializer['serialize']): StateSerializer => ({
    serialize,
    deserialize: (data) => {
      const text = data instanceof Uint8Array ? Buffer.from(data).toString() : String(data);
      return createState(JSON.parse(text).turnCount);
    },
  });

  it.each([
    ['bytes', codec(async (state) => Buffer.from(JSON.stringify(state))), 'B'],
    ['text', codec((state) => JSON.stringify(state)), 'S'],
  ])('may make %s', async (_, serializer, type) => {
    const store = table.open({ serializer });
    await store.save('session', createState(7));
    expect((await table.readItem()).state).toHaveProperty(type);
    expect((await table.open({ serializer }).load('session'))?.turnCount).toBe(7);
  });

  it('may make notes of its own', async () => {
    const serializer: StateSerializer = {
      serialize: ({ turnCount }) => new AnnotatedData([turnCount], { unit: 'turns' }),
      deserialize: (data) => {
        if (!(data instanceof AnnotatedData)) throw new TypeError('The notes are gone.');
        return createState(Number(Array.isArray(data.data) && data.data[0]));
      },
    };
    await table.open({ serializer }).save('session', createState(7));
    expect((await table.readItem()).stateNotes).toEqual({ S: '{"unit":"turns"}' });
    expect((await table.open({ serializer }).load('session'))?.turnCount).toBe(7);
  });
});

describe('an item that no release has written', () => {
  const readable = {
    status: { S: 'idle' },
    turnCount: { N: '1' },
    createdAt: { S: '2026' },
    lastActivity: { S: '2026' },
  };

  it.each<[string, Item]>([
    ['no state', {}],
    ['a set in the state', { state: { M: { ...readable, tags: { SS: ['a'] } } } }],
    ['a state that is text', { state: { S: 'idle' } }],
    ['a state without its fields', { state: { M: { status: { S: 'idle' } } } }],
    ['bytes of no known form', { state: { B: new Uint8Array([9, 9]) } }],
    ['bytes that are not whole', { state: { B: new Uint8Array([31, 139, 8, 0]) } }],
    ['bytes for another serializer', { state: { B: new Uint8Array([0, 1]) } }],
    ['notes that are not text', { state: { M: readable }, stateNotes: { M: {} } }],
    ['notes that are not JSON', { state: { M: readable }, stateNotes: { S: '{' } }],
    ['notes that are not notes', { state: { M: readable }, stateNotes: { S: '[]' } }],
    ['notes that leave out a date', { state: { M: readable }, stateNotes: { S: '{"values":{},"v":1}' } }],
    ['notes about nothing', { state: { M: readable }, stateNotes: { S: '{"values":{"a.b":["Date"]}}' } }],
    [
      'notes about a prototype',
      { state: { M: readable }, stateNotes: { S: '{"values":{"toString.name":["Date"]}}' } },
    ],
    [
      'notes of an unknown class',
      { state: { M: readable }, stateNotes: { S: '{"values":{"status":[["class","X"]]}}' } },
    ],
  ])('is corrupted and stays as it is: %s', async (_, attributes) => {
    await table.writeItem(attributes);
    const before = await table.readItem();
    const store = table.open();
    await expect(store.load('session')).rejects.toMatchObject({ code: 'CORRUPTED' });
    await expect(store.save('session', createState(1))).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(table.open().save('session', createState(1))).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await table.readItem()).toEqual(before);
    await store.delete('session');
    expect(await store.load('session')).toBe(null);
  });
});
