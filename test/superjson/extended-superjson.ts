import { SuperJSON } from 'superjson';
import { type BinaryValue, binaryClassName, bytesOf, createBinary } from '../../src/domain/binary-values.js';
import { errorClasses, isRecord, setOwn } from '../../src/domain/object-kinds.js';

type Json = ReturnType<SuperJSON['serialize']>['json'];

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
  const { buffer, byteOffset, byteLength } = bytesOf(value);
  return [String(binaryClassName(value)), Buffer.from(buffer, byteOffset, byteLength).toString('base64')];
}

function fromNamedBase64(stored: unknown): BinaryValue {
  const [name, base64] = asList(stored);
  return createBinary(String(name), Buffer.from(String(base64), 'base64'));
}

/** The class of an error, then its own properties: those that are not listed among its keys first. */
function toErrorParts(error: Error): unknown[] {
  const className: unknown = Reflect.get(Object.getPrototypeOf(error), 'name');
  const own = Object.getOwnPropertyNames(error).map((key) => [key, Reflect.get(error, key)] as const);
  const listed = new Set(Object.keys(error));
  return [className, own.filter(([key]) => !listed.has(key)), own.filter(([key]) => listed.has(key))];
}

function fromErrorParts(stored: unknown): Error {
  const [name, hidden, listed] = asList(stored);
  const Class = errorClasses.find((known) => known.name === name);
  if (Class === undefined) throw new RangeError('The stored error is of an unknown class.');
  const error = new Class();
  for (const [properties, enumerable] of [
    [hidden, false],
    [listed, true],
  ] as const) {
    for (const property of asList(properties)) {
      const [key, value] = asList(property);
      Object.defineProperty(error, String(key), { value, enumerable, writable: true, configurable: true });
    }
  }
  return error;
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
