import { SuperJSON } from 'superjson';
import { isRecord, setOwn } from '../../src/domain/values/objects.js';

type Json = ReturnType<SuperJSON['serialize']>['json'];

type BinaryValue = ArrayBuffer | ArrayBufferView;

const errorClasses = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
} as const;

const views: Readonly<Record<string, (buffer: ArrayBuffer) => ArrayBufferView>> = {
  Int8Array: (buffer) => new Int8Array(buffer),
  Uint8Array: (buffer) => new Uint8Array(buffer),
  Uint8ClampedArray: (buffer) => new Uint8ClampedArray(buffer),
  Int16Array: (buffer) => new Int16Array(buffer),
  Uint16Array: (buffer) => new Uint16Array(buffer),
  Int32Array: (buffer) => new Int32Array(buffer),
  Uint32Array: (buffer) => new Uint32Array(buffer),
  Float32Array: (buffer) => new Float32Array(buffer),
  Float64Array: (buffer) => new Float64Array(buffer),
  BigInt64Array: (buffer) => new BigInt64Array(buffer),
  BigUint64Array: (buffer) => new BigUint64Array(buffer),
  DataView: (buffer) => new DataView(buffer),
};

/** superjson, taught to keep what it would lose or refuse by itself: what the serializer writes and reads is held to it. */
export const extendedSuperjson = extend(new SuperJSON());

// superjson goes on into what `serialize` returns, and restores what is inside before it calls `deserialize`: there a
// value may hold anything that superjson keeps, whatever its types say.
function extend(superjson: SuperJSON): SuperJSON {
  superjson.registerCustom<Date, null>(
    {
      isApplicable: (value): value is Date => value instanceof Date && Number.isNaN(value.getTime()),
      serialize: () => null,
      deserialize: () => new Date(Number.NaN),
    },
    'invalid-date',
  );
  superjson.registerCustom<BinaryValue, Json>(
    {
      isApplicable: (value): value is BinaryValue =>
        value instanceof ArrayBuffer || ArrayBuffer.isView(value),
      serialize: toNamedBase64,
      deserialize: fromNamedBase64,
    },
    'binary',
  );
  superjson.registerCustom<Error, Json>(
    {
      isApplicable: (value): value is Error => value instanceof Error,
      serialize: (error) => toErrorParts(error) as Json,
      deserialize: fromErrorParts,
    },
    'error',
  );
  superjson.registerCustom<RegExp, Json>(
    {
      isApplicable: (value): value is RegExp => value instanceof RegExp && value.lastIndex !== 0,
      serialize: (regexp) => [String(regexp), regexp.lastIndex],
      deserialize: (stored) => {
        const [text, lastIndex] = asList(stored);
        const [, source = '', flags] = /^\/(.*)\/(.*)$/s.exec(String(text)) ?? [];
        return Object.assign(new RegExp(source, flags), { lastIndex });
      },
    },
    'regexp',
  );
  superjson.registerCustom<Record<string, unknown>, Json>(
    {
      isApplicable: isRefusedBySuperjson,
      serialize: (record) => Object.entries(record) as Json,
      deserialize: fromEntries,
    },
    'entries',
  );
  return superjson;
}

function toNamedBase64(value: BinaryValue): string[] {
  const bytes =
    value instanceof ArrayBuffer
      ? Buffer.from(value)
      : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return [value.constructor.name, bytes.toString('base64')];
}

function fromNamedBase64(stored: unknown): BinaryValue {
  const [name, base64] = asList(stored);
  const bytes = Buffer.from(String(base64), 'base64');
  if (name === 'Buffer') return bytes;
  const { buffer } = new Uint8Array(bytes);
  if (name === 'ArrayBuffer') return buffer;
  const create = views[String(name)];
  if (create === undefined) throw new RangeError('The class is unknown.');
  return create(buffer);
}

/** The class of an error, then its own properties: those that are not listed among its keys first. */
function toErrorParts(error: Error): unknown[] {
  const isAbort = error instanceof DOMException;
  const className = isAbort
    ? 'DOMException'
    : error instanceof AggregateError
      ? 'AggregateError'
      : error.name;
  const isKnown = isAbort || className === 'AggregateError' || Object.hasOwn(errorClasses, className);
  // What a DOMException says, it says by its prototype.
  const names = [...Object.getOwnPropertyNames(error), ...(isAbort ? ['name', 'message'] : [])];
  const own = names.map((key) => [key, Reflect.get(error, key)] as const);
  const listed = new Set(Object.keys(error));
  return [
    isKnown ? className : 'Error',
    own.filter(([key]) => !listed.has(key)),
    own.filter(([key]) => listed.has(key)),
  ];
}

function fromErrorParts(stored: unknown): Error {
  const [name, hidden, listed] = asList(stored);
  const error = createError(String(name), new Map(asList(hidden) as [string, string][]));
  for (const [properties, enumerable] of [
    [hidden, false],
    [listed, true],
  ] as const) {
    for (const property of asList(properties)) {
      const [key, value] = asList(property);
      if (error instanceof DOMException && ['name', 'message'].includes(String(key))) continue;
      Object.defineProperty(error, String(key), { value, enumerable, writable: true, configurable: true });
    }
  }
  return error;
}

function createError(name: string, hidden: ReadonlyMap<string, string>): Error {
  if (name === 'DOMException') return new DOMException(hidden.get('message'), hidden.get('name'));
  if (name === 'AggregateError') return new AggregateError([]);
  const Class = Object.entries(errorClasses).find(([known]) => known === name)?.[1];
  if (Class === undefined) throw new RangeError('The stored error is of an unknown class.');
  return new Class();
}

/** superjson refuses these keys; tool arguments, which a model writes, may hold them. */
function isRefusedBySuperjson(value: unknown): value is Record<string, unknown> {
  return (
    isRecord(value) && ['__proto__', 'constructor', 'prototype'].some((key) => Object.hasOwn(value, key))
  );
}

function fromEntries(stored: unknown): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const entry of asList(stored)) {
    const [key, value] = asList(entry);
    setOwn(record, String(key), value);
  }
  return record;
}

function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError('The stored value is not the list that its notes say it is.');
}
