import { expect, it } from 'vitest';
import { toPlainJson } from '../../src/domain/values/plain-json.js';

const cyclic: { self?: unknown; list: unknown[] } = { list: [] };
cyclic.self = cyclic;
cyclic.list.push(cyclic);

it.each<[string, unknown, unknown]>([
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['an invalid date', new Date(Number.NaN), null],
  ['NaN', Number.NaN, null],
  ['an infinite number', Number.NEGATIVE_INFINITY, null],
  ['a bigint', 2n ** 64n, '18446744073709551616'],
  ['a URL', new URL('https://example.com/a b'), 'https://example.com/a%20b'],
  ['a map with texts as keys', new Map([['a', new Date(0)]]), { a: '1970-01-01T00:00:00.000Z' }],
  [
    'a map with other keys',
    new Map<unknown, unknown>([
      [1, 'a'],
      [{ b: 2 }, 'b'],
    ]),
    [
      [1, 'a'],
      [{ b: 2 }, 'b'],
    ],
  ],
  ['a set', new Set([1, 2n]), [1, '2']],
  ['bytes', new Uint8Array([1, 2, 255]), 'AQL/'],
  ['a buffer', Buffer.from('abc').subarray(1), 'YmM='],
  ['an array buffer', new Uint8Array([1]).buffer, 'AQ=='],
  ['numbers', new Float32Array([1.5, Number.NaN]), [1.5, null]],
  ['big numbers', new BigInt64Array([-1n]), ['-1']],
  ['undefined', undefined, null],
  ['a function', () => 1, null],
  ['undefined in an object', { a: undefined, b: () => 1, c: Symbol('c'), d: null }, { d: null }],
  ['undefined in a list', [undefined, 1], [null, 1]],
  ['holes in a list', Array(2), [null, null]],
  [
    'an object of a class',
    new (class Point {
      x = 1;
    })(),
    { x: 1 },
  ],
  [
    'an object that says what it is',
    { toJSON: () => ({ at: new Date(0) }) },
    { at: '1970-01-01T00:00:00.000Z' },
  ],
  ['wrapped values', [Object('a'), Object(1), Object(false)], ['a', 1, false]],
  [
    'an error',
    Object.assign(new TypeError('m', { cause: new Error('c') }), { code: 'E' }),
    { name: 'TypeError', message: 'm', code: 'E', cause: { name: 'Error', message: 'c' } },
  ],
  ['a cycle', cyclic, { self: null, list: [null] }],
  [
    'a getter that throws',
    {
      get a() {
        throw new Error('boom');
      },
    },
    null,
  ],
  [
    'one object in two places',
    [cyclic.list, cyclic.list],
    [[{ self: null, list: null }], [{ self: null, list: null }]],
  ],
])('shows %s', (_, value, expected) => {
  expect(toPlainJson(value)).toEqual(expected);
});

it('shows no stack of an error and of what caused it, whatever it is made of', () => {
  const cause = {
    name: 'E',
    message: 'm',
    stack: 'secret',
    cause: { stack: 'secret', list: [{ stack: 'secret' }] },
  };
  const shown = JSON.stringify(toPlainJson({ error: cause, events: [{ error: new Error('m', { cause }) }] }));
  expect(shown).not.toContain('secret');
  expect(toPlainJson({ stack: ['a card game'] })).toEqual({ stack: ['a card game'] });
});

it('keeps keys that mean something to JavaScript as keys', () => {
  const value = JSON.parse('{"__proto__":{"a":1},"constructor":1}');
  const plain = toPlainJson(value);
  expect(JSON.stringify(plain)).toBe('{"__proto__":{"a":1},"constructor":1}');
  expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
});

it('never throws, however deep a value is', () => {
  let deep: unknown = 'end';
  for (let level = 0; level < 100_000; level++) deep = level % 2 === 0 ? [deep] : { deep };
  expect(JSON.stringify(toPlainJson(deep)).replace(/[^[{]/g, '')).toHaveLength(1_000);
});
