import fc from 'fast-check';
import type { AgentState } from '../../src/domain/agent-state.js';

/** Keys that have broken serializers: names of prototypes, dots, backslashes, nothing, lone surrogates. */
const key = fc.oneof(
  fc.constantFrom(
    'constructor',
    '__proto__',
    'prototype',
    'toString',
    'a.b',
    'a\\.b',
    '\\',
    '',
    '.',
    '0',
    'json',
    'B',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('\ud800', 'x\udfff'),
);

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('\ud800', '\udc00a', '2026-05-01T08:00:00.000Z', 'undefined', 'NaN', '-0'),
);

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(
    -0,
    1e300,
    5e-324,
    2 ** 53 + 2,
    1e21,
    1e126,
    -1e126,
    1e-130,
    1e-131,
    9.999999999999999e125,
    0.1,
  ),
);

const date = fc.oneof(fc.date({ noInvalidDate: true }), fc.constant(new Date(Number.NaN)), fc.date());

const bytes = fc.uint8Array({ maxLength: 16 });

const binary = fc.oneof(
  bytes,
  bytes.map((value) => Buffer.from(value)),
  bytes.map((value) => value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength)),
  fc.float64Array({ maxLength: 4 }),
  fc.int16Array({ maxLength: 4 }),
  fc.bigInt64Array({ maxLength: 4 }),
  fc.uint8ClampedArray({ maxLength: 4 }),
);

const regexp = fc
  .tuple(fc.constantFrom(/a/, /[/\]]\n/giu, /(?<name>.)\//s, /\n\u2028/), fc.constantFrom(0, 0, 1, 99))
  .map(([{ source, flags }, lastIndex]) => Object.assign(new RegExp(source, flags), { lastIndex }));

const url = fc.webUrl().map((value) => new URL(value));

const leaf = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 2, arbitrary: number },
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  date,
  url,
  binary,
  regexp,
  fc.tuple(text, text).map(([message, name]) => new DOMException(message, name)),
);

class OwnError extends Error {
  override readonly name = 'OwnError';
}

const errorClasses = [Error, TypeError, RangeError, OwnError] as const;

/** An object of the given entries, also of those that an assignment would lose. */
function toRecord(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

/** Any value that a store promises to keep. */
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('record'),
    tie('list'),
    tie('map'),
    tie('set'),
    tie('error'),
    tie('errors'),
    tie('deep'),
  ),
  record: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map(toRecord),
  list: fc.array(tie('value'), { maxLength: 5 }),
  map: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
  set: fc.array(tie('value'), { maxLength: 3 }).map((values) => new Set(values)),
  error: fc.tuple(fc.constantFrom(...errorClasses), text, tie('value'), key).map(toError),
  errors: fc
    .tuple(fc.array(tie('value'), { maxLength: 3 }), text)
    .map(([errors, message]) => new AggregateError(errors, message)),
  deep: fc.tuple(tie('value'), fc.integer({ min: 25, max: 60 }), fc.boolean()).map(nest),
})).value;

function toError([Class, message, cause, name]: [
  (typeof errorClasses)[number],
  string,
  unknown,
  string,
]): Error {
  const error = new Class(message, { cause });
  // These describe the error itself, and are not enumerable.
  if (!['message', 'stack', 'cause', 'name'].includes(name)) {
    Object.defineProperty(error, name, {
      value: cause,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return error;
}

function nest([inner, levels, inLists]: [unknown, number, boolean]): unknown {
  let nested = inner;
  for (let level = 0; level < levels; level++)
    nested = inLists && level % 2 === 0 ? [nested] : { in: nested };
  return nested;
}

/** Any state that a store promises to keep, with fields of releases to come. */
export const state: fc.Arbitrary<AgentState> = fc
  .record({
    status: fc.constantFrom('idle', 'busy', 'waiting-input', 'waiting-auth', 'shutdown', 'error'),
    turnCount: fc.oneof(fc.nat(), number),
    lastActivity: date,
    createdAt: date,
    metadata: fc.option(fc.array(fc.tuple(key, value), { maxLength: 5 }).map(toRecord), { nil: undefined }),
    later: value,
    bulk: fc.integer({ min: 0, max: 9_000 }).map((length) => 'x'.repeat(length)),
  })
  .map(({ later, bulk, ...fields }) => Object.assign(fields as AgentState, { later, bulk }));

/** A value that no store keeps, inside others that it does, and the path to it. */
export const unsupported: fc.Arbitrary<{ value: unknown; path: string }> = fc
  .tuple(
    fc.constantFrom(...createUnsupported()),
    fc.array(fc.constantFrom(...createWrappers()), { maxLength: 6 }),
  )
  .map(([value, wrappers]) => ({
    value: wrappers.reduceRight((inner, { wrap }) => wrap(inner), value),
    path: wrappers.map(({ path }) => path).join(''),
  }));

function createUnsupported(): unknown[] {
  class Money {
    amount = 1;
  }
  const cyclic: Record<string, unknown> = {};
  Object.setPrototypeOf(cyclic, { inherited: true });
  return [
    () => 1,
    Symbol('s'),
    new Money(),
    new (class extends Map {})(),
    new (class extends Date {})(),
    Object.assign(new Map(), { extra: 1 }),
    Object.assign([1], { extra: 1 }),
    { [Symbol('key')]: 1 },
    new Array(3),
    Object.assign(/regexp/, { extra: 1 }),
    new Number(1),
    new WeakMap(),
    Promise.resolve(),
    cyclic,
    new SharedArrayBuffer(1),
    globalThis,
  ];
}

function createWrappers(): { path: string; wrap: (inner: unknown) => unknown }[] {
  return [
    { path: '.field', wrap: (inner) => ({ before: 1, field: inner }) },
    { path: '["a b"]', wrap: (inner) => ({ 'a b': inner }) },
    { path: '["a.b"]', wrap: (inner) => ({ 'a.b': inner }) },
    { path: '.constructor', wrap: (inner) => ({ constructor: inner }) },
    { path: '.__proto__', wrap: (inner) => toRecord([['__proto__', inner]]) },
    { path: '[1]', wrap: (inner) => [undefined, inner] },
    {
      path: '.value(1)',
      wrap: (inner) =>
        new Map([
          [1, 1],
          ['k', inner],
        ] as [unknown, unknown][]),
    },
    { path: '.key(0)', wrap: (inner) => new Map([[inner, 1]]) },
    { path: '.value(0)', wrap: (inner) => new Set([inner]) },
    { path: '.cause', wrap: (inner) => new Error('outer', { cause: inner }) },
  ];
}
