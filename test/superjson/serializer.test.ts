import { SuperJSON } from 'superjson';
import { describe, expect, it } from 'vitest';
import { InMemoryAgentStore } from '../../src/adapters/memory/index.js';
import { createSuperjsonSerializer } from '../../src/adapters/superjson/index.js';
import { createState } from '../../src/testing/fixtures.js';
import { agentStoreContract, assertSameValue } from '../../src/testing/index.js';
import { createMemoryBackend } from '../backends/memory-backend.js';

/** The cases of promise 2 that superjson cannot hold, and what it says of each instead of losing anything. */
const refused: Readonly<Record<string, string>> = {
  'keeps dates, maps, sets, bigints, URLs and binary data': 'state.metadata.buffer ',
  'keeps errors with their class, stack, cause and properties': 'state.metadata.error ',
  'keeps errors of any class: as the built-in one, or as an Error with their name': 'state.metadata.several ',
  'keeps regular expressions, with their flags and where they go on': 'state.metadata.started',
  'keeps the values of another realm as those of this one': 'state ',
  'keeps keys of any name': 'state.metadata.fields.constructor ',
};

class Money {
  constructor(
    readonly amount = 0,
    readonly currency = 'EUR',
  ) {}
}

function open(superjson?: SuperJSON) {
  return new InMemoryAgentStore({ agentId: 'a', serializer: createSuperjsonSerializer({ superjson }) });
}

function refusal(path: string) {
  return { code: 'UNSERIALIZABLE', message: expect.stringContaining(path) };
}

it('takes no option that it does not know', () => {
  const misspelt: object = { superJSON: new SuperJSON() };
  const refusal = { code: 'CONFIGURATION', message: expect.stringContaining('"superJSON"') };
  expect(() => createSuperjsonSerializer(misspelt)).toThrow(expect.objectContaining(refusal));
});

describe('the contract, with superjson as the serializer', () => {
  const serializer = createSuperjsonSerializer();
  const createBackend = () => {
    const backend = createMemoryBackend();
    return {
      ...backend,
      open: (options: Parameters<typeof backend.open>[0]) => backend.open({ serializer, ...options }),
    };
  };
  for (const { name, run } of agentStoreContract(createBackend)) {
    const path = refused[name];
    if (path === undefined) it(name, run);
    else
      it(`refuses, and never loses, one thing where the contract ${name}`, () =>
        expect(run()).rejects.toMatchObject(refusal(path)));
  }
});

describe('superjson as the serializer', () => {
  it('keeps instances of registered classes, which nobody else changes any more', async () => {
    const superjson = new SuperJSON();
    superjson.registerClass(Money, { identifier: 'Money' });
    const store = open(superjson);
    const state = createState(1, {
      metadata: { price: new Money(5), prices: new Map([['a', new Money(7)]]) },
    });
    const saved = store.save('s', state);
    Object.assign(state.metadata?.price ?? {}, { amount: 0 });
    await saved;
    const expected = createState(1, {
      metadata: { price: new Money(5), prices: new Map([['a', new Money(7)]]) },
    });
    assertSameValue(await store.load('s'), expected);
  });

  it('keeps custom types', async () => {
    const superjson = new SuperJSON();
    superjson.registerCustom<WeakRef<object>, null>(
      {
        isApplicable: (value) => value instanceof WeakRef,
        serialize: () => null,
        deserialize: () => new WeakRef({}),
      },
      'weak',
    );
    const store = open(superjson);
    await store.save('s', createState(1, { metadata: { ref: new WeakRef({}) } }));
    expect((await store.load('s'))?.metadata?.ref).toBeInstanceOf(WeakRef);
  });

  it.each<[string, unknown, string]>([
    ['an instance that is not registered', new Money(), ''],
    ['a Buffer', Buffer.from('bytes'), ''],
    ['an ArrayBuffer', new ArrayBuffer(2), ''],
    ['a DataView', new DataView(new ArrayBuffer(2)), ''],
    ['big integers', new BigInt64Array(2), ''],
    ['an invalid date', new Date(Number.NaN), ''],
    ['an error, whose stack it loses', new Error('broken'), '.stack'],
    ['an error of another class', new TypeError('broken'), ''],
    ['a key constructor in a map', new Map([['k', [{ constructor: 1 }]]]), '.value(0)[0].constructor'],
    ['a symbol as a key', { [Symbol('key')]: 1 }, ''],
    ['a symbol', Symbol('s'), ''],
    ['a function in a set', new Set([() => 1]), '.value(0)'],
    ['a list with holes', new Array(2), ''],
    ['a list with properties', Object.assign([1], { extra: 1 }), ''],
    ['a map with properties', Object.assign(new Map(), { extra: 1 }), ''],
  ])('refuses %s, and stores nothing', async (_, value, path) => {
    const store = open();
    const state = createState(1, { metadata: { list: [{ value }] } });
    await expect(store.save('s', state)).rejects.toMatchObject(
      refusal(`state.metadata.list[0].value${path}`),
    );
    expect(await store.load('s')).toBe(null);
  });

  it('refuses a cycle around what it cannot read again', async () => {
    const cyclic: Record<string, unknown> = {};
    Object.assign(cyclic, { again: cyclic, bytes: Buffer.from('x') });
    await expect(open().save('s', createState(1, { metadata: cyclic }))).rejects.toMatchObject(
      refusal('again'),
    );
  });

  it('refuses what nests deeper than superjson goes', async () => {
    let deep: unknown = 'core';
    for (let level = 0; level < 20_000; level++) deep = [deep];
    await expect(open().save('s', createState(1, { metadata: { deep } }))).rejects.toMatchObject(
      refusal('state '),
    );
  });

  it('keeps the stack of an error when superjson is told to', async () => {
    const superjson = new SuperJSON();
    superjson.allowErrorProps('stack');
    const store = open(superjson);
    const error = new Error('broken');
    await store.save('s', createState(1, { metadata: { error } }));
    const kept = (await store.load('s'))?.metadata?.error;
    expect(kept).toBeInstanceOf(Error);
    expect(kept).toMatchObject({ message: 'broken', stack: error.stack });
  });

  it('reads what the default serializer has stored, and is read by it', async () => {
    for (const metadata of [undefined, { set: new Set([1n]), at: new Date(5) }]) {
      const state = createState(1, { metadata });
      const { faults: _, ...backend } = createMemoryBackend();
      const serializer = createSuperjsonSerializer();
      await backend.open({ agentId: 'a' }).save('default', state);
      await backend.open({ agentId: 'a', serializer }).save('superjson', state);
      assertSameValue(await backend.open({ agentId: 'a', serializer }).load('default'), state);
      assertSameValue(await backend.open({ agentId: 'a' }).load('superjson'), state);
    }
  });
});
