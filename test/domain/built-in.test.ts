import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isAgentStoreError } from '../../src/domain/errors.js';
import { copyState } from '../../src/domain/state-copy.js';
import { toPlainJson } from '../../src/domain/values/plain-json.js';
import { toStateText } from '../../src/domain/values/text.js';
import { createState } from '../../src/testing/fixtures.js';
import { assertSameValue } from '../../src/testing/index.js';

/** What a state holds after it was saved and loaded. */
function keep(value: unknown): unknown {
  return Reflect.get(copyState(createState(1, { value })), 'value');
}

const refused = expect.objectContaining({
  code: 'UNSERIALIZABLE',
  message: expect.stringContaining('state.value is an instance of'),
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a value of another realm', () => {
  it.each<[string, unknown]>([
    ['new Date(5)', new Date(5)],
    ['new Date(NaN)', new Date(Number.NaN)],
    ['new Map([[1, new Set([2])]])', new Map([[1, new Set([2])]])],
    ['/a/g', /a/g],
    ['new ArrayBuffer(3)', new ArrayBuffer(3)],
    ['new DataView(new ArrayBuffer(3))', new DataView(new ArrayBuffer(3))],
    ['new BigInt64Array([1n])', new BigInt64Array([1n])],
    ['new Uint8ClampedArray([1])', new Uint8ClampedArray([1])],
    ['Object.assign(new EvalError("x"), { stack: "s" })', Object.assign(new EvalError('x'), { stack: 's' })],
    ['({ constructor: 1, in: [{ at: new Date(1) }] })', { constructor: 1, in: [{ at: new Date(1) }] }],
  ])('is loaded as one of this realm: %s', (source, expected) => {
    const value: unknown = runInNewContext(source);
    const kept = keep(value);
    expect(Object.getPrototypeOf(kept)).toBe(Object.getPrototypeOf(expected));
    assertSameValue(kept, expected);
    assertSameValue(kept, value);
  });

  it.each([
    'new (class extends Date {})()',
    'new (class Date2 extends Map {})()',
    'new WeakMap()',
    'new SharedArrayBuffer(1)',
    '({ __proto__: { [Symbol.toStringTag]: "Date", constructor: Date } })',
    '({ __proto__: { [Symbol.toStringTag]: "Map", constructor: "Map" } })',
    '({ __proto__: { [Symbol.toStringTag]: "Error", constructor: Error } })',
    'Object.setPrototypeOf(new Date(), Object.create(Date.prototype))',
  ])('is refused where one of this realm is: %s', (source) => {
    expect(() => keep(runInNewContext(source))).toThrow(refused);
  });

  it('is shown to readers outside like one of this realm', () => {
    const value = runInNewContext(
      `({ at: new Date(0), map: new Map([['a', 1]]), bytes: new Uint8Array([1]), floats: new Float32Array([1.5]),
         error: new AggregateError([new Error('one')], 'two'), own: new (class extends Map {})([['b', 2]]),
         number: new Number(1), ownError: new (class extends Error {})('three') })`,
    );
    const own = { name: 'Error', message: 'three' };
    expect(toPlainJson(value)).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      map: { a: 1 },
      bytes: 'AQ==',
      floats: [1.5],
      error: { name: 'AggregateError', message: 'two', errors: [{ name: 'Error', message: 'one' }] },
      own: { b: 2 },
      number: 1,
      ownError: own,
    });
  });

  it('may be bytes of a serializer, or an error of a store', () => {
    expect(toStateText(runInNewContext('new Uint8Array([1])'))).toHaveLength(1);
    const error = runInNewContext(
      `Object.assign(new Error(), { name: 'AgentStoreError', code: 'CONFLICT' })`,
    );
    expect(isAgentStoreError(error, 'CONFLICT')).toBe(true);
    expect(isAgentStoreError('CONFLICT')).toBe(false);
  });

  it('may be of a class that a platform writes in JavaScript', () => {
    class Elsewhere {
      get href() {
        return 'http://a/b';
      }
      get [Symbol.toStringTag]() {
        return 'URL';
      }
    }
    Object.defineProperty(Elsewhere, 'name', { value: 'URL' });
    expect(keep(new Elsewhere())).toEqual(new URL('http://a/b'));
  });
});

describe('the date of a fake clock', () => {
  it.each(['useFakeTimers', 'setSystemTime'] as const)('is a date: %s', (start) => {
    vi[start](5);
    const date = new Date();
    expect(keep(date)).toEqual(date);
    assertSameValue(keep(date), date);
    vi.useRealTimers();
    vi.useFakeTimers();
    const other = new Date(7);
    vi.useRealTimers();
    expect(Object.getPrototypeOf(keep(other))).toBe(Date.prototype);
  });
});

describe('an error', () => {
  it('keeps its class if it is built in, and else becomes an Error with its name', () => {
    class Refused extends TypeError {
      override readonly name = 'Refused';
    }
    class Nameless extends RangeError {}
    const described = class extends Error {
      override get message() {
        return 'by its class';
      }
    };
    for (const [error, Class, name] of [
      [new AggregateError([1], 'a'), AggregateError, 'AggregateError'],
      [new DOMException('b', 'AbortError'), DOMException, 'AbortError'],
      [new (class extends DOMException {})('c', 'DataCloneError'), DOMException, 'DataCloneError'],
      [new Refused('d'), Error, 'Refused'],
      [new Nameless('e'), RangeError, 'RangeError'],
      [new described(), Error, 'Error'],
    ] as const) {
      const kept = keep(error);
      expect(Object.getPrototypeOf(kept)).toBe(Class.prototype);
      expect(kept).toMatchObject({ name, message: error.message, stack: error.stack });
      assertSameValue(kept, error);
    }
    expect(keep(new DOMException('x', 'AbortError'))).toMatchObject({ code: 20 });
    expect(keep(AbortSignal.abort().reason)).toBeInstanceOf(DOMException);
  });

  it('has no property that it did not have', () => {
    const error = new Error('bare');
    Reflect.deleteProperty(error, 'stack');
    expect(Object.getOwnPropertyNames(keep(error))).toEqual(['message']);
  });

  it('loses what it hides and cannot be kept, and is refused with what it shows', () => {
    const error = Object.defineProperties(new Error('x'), {
      toString: { value: () => 'x' },
      connection: { value: new WeakMap() },
      attempts: { value: [1, { two: null }] },
      retry: { value: true },
      where: { value: { host: 'a' } },
    });
    const kept = keep(error);
    expect(Object.getOwnPropertyNames(kept).sort()).toEqual([
      'attempts',
      'message',
      'retry',
      'stack',
      'where',
    ]);
    const path = expect.objectContaining({
      message: expect.stringContaining('state.value.run is a function'),
    });
    expect(() => keep(Object.assign(new Error('x'), { run: () => 1 }))).toThrow(path);
  });
});
