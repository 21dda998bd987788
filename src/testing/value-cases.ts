import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import type { AgentState } from '../domain/agent-state.js';
import type { StateSerializer } from '../domain/state-serializer.js';
import { isBytes } from '../domain/values/built-in.js';
import type { SerializedData } from '../domain/values/plain-data.js';
import { maxDepth } from '../domain/values/walk.js';
import type { CaseContext, Cases } from './contract-case.js';
import { assertFails, assertStoredTurns, createState, ids } from './fixtures.js';
import { assertSameValue } from './same-value.js';

/** Promises 1 to 3: what is saved comes back, whole, the same and unshared. */
export const valueCases: Cases = {
  'loads null for a session it does not know': async ({ open }) => {
    assert.equal(await open().load(ids.contextId), null);
  },

  'replaces the whole state: a field that was left out is gone': async ({ open }) => {
    const store = open();
    await store.save(
      ids.contextId,
      createState(1, { metadata: { topic: 'weather' }, note: 'kept by later releases' }),
    );
    const { pendingToolInputs: _, ...smaller } = createState(2);
    await store.save(ids.contextId, smaller);
    assertSameValue(await open().load(ids.contextId), smaller);
  },

  'deletes a state, and deleting again is fine': async ({ open }) => {
    const store = open();
    await store.save(ids.contextId, createState());
    await store.delete(ids.contextId);
    await store.delete(ids.contextId);
    await open().delete('a session that never was');
    await assertStoredTurns(open(), null);
  },

  'keeps fields and a status of releases to come': async (context) => {
    await assertKeeps(context, { plan: { steps: ['look', 'book'] }, status: 'paused' });
  },

  'keeps dates, maps, sets, bigints, URLs and binary data': keeps(() => ({
    date: new Date(0),
    invalidDate: new Date(Number.NaN),
    map: new Map<unknown, unknown>([
      ['a', new Date(1)],
      [{ key: 'object' }, new Map([[1n, new Set([undefined])]])],
    ]),
    set: new Set([1, 'one', Number.NaN]),
    bigint: 2n ** 80n,
    url: new URL('https://example.com/path?query=1#hash'),
    floats: new Float64Array([1.5, Number.NaN, -0]),
    bytes: new Uint8Array([0, 127, 255]),
    buffer: Buffer.from('bytes'),
  })),

  'keeps errors with their class, stack, cause and properties': keeps(() => {
    const error = new TypeError('broken', { cause: new Error('inner') });
    return { error: Object.assign(error, { code: 'E_BROKEN', at: new Date(5) }) };
  }),

  'keeps errors of any class: as the built-in one, or as an Error with their name': keeps(() => {
    class Refused extends Error {
      override readonly name = 'Refused';
      readonly status = 402;
    }
    const hidden = { value: () => 'a method, which is for the library that hid it' };
    return {
      several: new AggregateError([new RangeError('first'), 'second'], 'several'),
      aborted: new DOMException('stopped', 'AbortError'),
      reason: AbortSignal.abort().reason,
      own: new Refused('no money', { cause: new Error('inner') }),
      ofLibrary: Object.defineProperty(new Error('inside'), 'toString', hidden),
    };
  }),

  'keeps regular expressions, with their flags and where they go on': keeps(() => ({
    pattern: /a\/b\n"/giu,
    empty: /(?:)/,
    started: Object.assign(/./g, { lastIndex: 3 }),
  })),

  'keeps the values of another realm as those of this one': async (context) => {
    const store = context.open();
    const state = createStateElsewhere();
    await store.save(ids.contextId, state);
    const loaded = await store.load(ids.contextId);
    assertSameValue(loaded, state);
    assert.ok(loaded !== null && loaded.createdAt instanceof Date);
    await store.save(ids.contextId, loaded);
    assertSameValue(await context.open().load(ids.contextId), state);
  },

  'keeps the numbers that JSON has no words for': keeps(() => ({
    numbers: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e300, 5e-324, 2 ** 53 + 2],
    zero: -0,
  })),

  'keeps undefined, in lists as in objects': keeps(() => ({ list: [1, undefined, 3], field: undefined })),

  'keeps keys of any name': keeps(() => {
    const ofLanguage = ['constructor', 'prototype', '__proto__', 'toString'];
    const names = [...ofLanguage, 'a.b', 'a\\.b', '', ' ', '0', 'ключ', '\u0000'];
    const entries = names.map((name) => [name, { value: name, at: new Date(7) }]);
    const fields = Object.fromEntries(entries);
    return { fields, inMap: new Map([['fields', fields]]) };
  }),

  'keeps text of any characters': keeps(() => ({
    text: ['', '\u0000', '😀', '\ud800', 'e\u0301', '\u2028'],
    '\udfff': 1,
  })),

  'keeps a state of 1,000 levels and refuses a deeper one': async (context) => {
    await assertKeeps(context, { metadata: nest(maxDepth - 1) });
    await assertKeeps(context, { metadata: { maps: nestMaps(333) } });
    await assertRefuses(context, { metadata: { maps: nestMaps(334) } }, '.value(0)');
    await assertRefuses(context, { metadata: nest(maxDepth) }, '.in');
  },

  'refuses what it cannot keep, with the path, and writes nothing': async (context) => {
    class Money {}
    const cyclic: Record<string, unknown> = {};
    cyclic.list = [cyclic];
    await assertRefuses(context, { metadata: { tools: [{ run: () => 1 }] } }, 'state.metadata.tools[0].run');
    await assertRefuses(context, { metadata: { 'a b': Symbol('s') } }, 'state.metadata["a b"]');
    await assertRefuses(context, { metadata: { price: new Money() } }, 'state.metadata.price ');
    await assertRefuses(context, { metadata: new Map([['k', new WeakMap()]]) }, 'state.metadata.value(0) ');
    await assertRefuses(context, { metadata: cyclic }, 'state.metadata.list[0] ');
    // biome-ignore lint/suspicious/noSparseArray: a hole is what the case is about.
    await assertRefuses(context, { metadata: { list: [1, , 3] } }, 'state.metadata.list ');
    await assertRefuses(context, { turnCount: undefined }, 'state.turnCount');
    await assertRefuses(context, { createdAt: '2026-05-01T08:00:00.000Z' }, 'state.createdAt');
  },

  'keeps what a serializer of the user makes, be it data, text or bytes': async ({ open }) => {
    const made: SerializedData[] = [{ turns: [4, null, true] }, 'four', new Uint8Array([4, 0, 255]), null];
    for (const data of made) {
      const serializer: StateSerializer = {
        serialize: async () => data,
        deserialize: (read) => {
          assert.deepEqual(read, data);
          return createState(4);
        },
      };
      const store = open({ serializer });
      await store.save(ids.contextId, createState(1));
      assert.equal((await store.load(ids.contextId))?.turnCount, 4);
      await store.delete(ids.contextId);
    }
  },

  'shares no bytes with a serializer that uses them again': async ({ open }) => {
    const bytes = new Uint8Array([1, 2, 3]);
    const seen: SerializedData[] = [];
    const serializer: StateSerializer = {
      serialize: async () => bytes,
      deserialize: (read) => {
        assert.ok(isBytes(read));
        seen.push(read.slice());
        read.fill(9);
        return createState(1);
      },
    };
    const store = open({ serializer });
    await store.save(ids.contextId, createState(1));
    bytes.fill(0);
    await store.load(ids.contextId);
    await store.load(ids.contextId);
    assert.deepEqual(seen, [new Uint8Array([1, 2, 3]), new Uint8Array([1, 2, 3])]);
  },

  'takes its copy when save is called': async ({ open, backend }) => {
    const store = open();
    const list = ['before'];
    const state = createState(1, { metadata: { list } });
    const release = backend.faults.delayNext();
    const saves = [store.save(ids.contextId, createState(0)), store.save(ids.contextId, state)];
    state.turnCount = 99;
    state.createdAt.setTime(0);
    list.push('after');
    release();
    await Promise.all(saves);
    assertSameValue(await open().load(ids.contextId), createState(1, { metadata: { list: ['before'] } }));
  },

  'shares nothing with what was saved or loaded': async ({ open }) => {
    const store = open();
    const state = createState(1, { metadata: { date: new Date(1), map: new Map([['a', [1]]]) } });
    await store.save(ids.contextId, state);
    spoil(state);
    const loaded = await store.load(ids.contextId);
    const expected = createState(1, { metadata: { date: new Date(1), map: new Map([['a', [1]]]) } });
    assertSameValue(loaded, expected);
    assert.ok(loaded !== null);
    spoil(loaded);
    assertSameValue(await store.load(ids.contextId), expected);
    assertSameValue(await store.peek(ids.contextId), expected);
  },
};

/** A case that saves the metadata, and loads it the same. */
function keeps(createMetadata: () => Record<string, unknown>): Cases[string] {
  return (context) => assertKeeps(context, { metadata: createMetadata() });
}

async function assertKeeps({ open }: CaseContext, fields: Record<string, unknown>): Promise<void> {
  const state = createState(1, fields);
  await open().save(ids.contextId, state);
  const store = open();
  assertSameValue(await store.load(ids.contextId), state, 'state');
  await store.delete(ids.contextId);
}

async function assertRefuses(
  context: CaseContext,
  fields: Record<string, unknown>,
  path: string,
): Promise<void> {
  const store = context.open();
  const state = Object.assign(createState(), fields);
  const error = await assertFails(store.save(ids.contextId, state), 'UNSERIALIZABLE');
  assert.ok(error.message.includes(path), `The message should name ${path}, but says: ${error.message}`);
  await assertStoredTurns(context.open(), null);
}

/** A chain of so many objects inside each other. */
function nest(levels: number): Record<string, unknown> {
  let value: Record<string, unknown> = { at: new Date(3) };
  for (let level = 1; level < levels; level++) value = { in: value };
  return value;
}

/** A chain of so many maps inside each other. */
function nestMaps(levels: number): unknown {
  let value: unknown = 'in the middle';
  for (let level = 0; level < levels; level++) value = new Map([['in', value]]);
  return value;
}

/** As it is in a test runner's sandbox, with classes of its own. */
function createStateElsewhere(): AgentState {
  return runInNewContext(`({
    status: 'idle',
    turnCount: 1,
    createdAt: new Date(1),
    lastActivity: new Date(2),
    metadata: {
      invalid: new Date(NaN),
      map: new Map([['a', new Set([new Date(3), { constructor: 'a key' }])]]),
      error: Object.assign(new TypeError('broken', { cause: new RangeError('inner') }), { code: 'E_BROKEN' }),
      errors: new AggregateError([new Error('first')]),
      own: new (class extends Error { name = 'Own' })('of a class'),
      pattern: /a/g,
      bytes: new Uint8Array([1, 2]),
      floats: new Float64Array([1.5]),
      buffer: new ArrayBuffer(2),
      view: new DataView(new ArrayBuffer(2)),
    },
  })`);
}

/** Changes everything in a state that can be changed in place. */
function spoil(state: AgentState): void {
  state.turnCount = -1;
  state.createdAt.setTime(0);
  const { date, map } = state.metadata as { date: Date; map: Map<string, number[]> };
  date.setTime(9);
  for (const list of map.values()) list.push(2);
}
