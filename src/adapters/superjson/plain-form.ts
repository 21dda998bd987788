import { type BinaryValue, binaryClassName, bytesOf, createBinary } from '../../domain/binary-values.js';
import { errorClasses, isRecord, setOwn } from '../../domain/object-kinds.js';
import type { PlainData } from '../../domain/state-serializer.js';

/** What stands for a value that JSON does not have. It may hold further such values. */
export interface PlainForm {
  /** What superjson's notes call the type of the value. */
  readonly type: PlainData;
  readonly plain: unknown;
}

// What superjson loses or refuses, in the forms that custom types give it.
const invalidDate = ['custom', 'invalid-date'];
const binary = ['custom', 'binary'];
const error = ['custom', 'error'];
const entries = ['custom', 'entries'];

const numbersBeyondJson = ['NaN', 'Infinity', '-Infinity', '-0'];

/** The plain form of a value, as superjson makes it; `undefined` where it is plain, whatever is in it. */
export function toPlainForm(value: unknown): PlainForm | undefined {
  switch (typeof value) {
    case 'undefined':
      return { type: 'undefined', plain: null };
    case 'bigint':
      return { type: 'bigint', plain: String(value) };
    case 'number':
      if (Object.is(value, -0)) return { type: 'number', plain: '-0' };
      return Number.isFinite(value) ? undefined : { type: 'number', plain: String(value) };
    case 'object':
      return value === null || Array.isArray(value) ? undefined : toPlainObject(value);
    default:
      return undefined;
  }
}

function toPlainObject(value: object): PlainForm | undefined {
  if (isRecord(value))
    return isRefusedBySuperjson(value) ? { type: entries, plain: Object.entries(value) } : undefined;
  if (value instanceof Date) {
    const isInvalid = Number.isNaN(value.getTime());
    return isInvalid ? { type: invalidDate, plain: null } : { type: 'Date', plain: value.toISOString() };
  }
  if (value instanceof Map) return { type: 'map', plain: [...value] };
  if (value instanceof Set) return { type: 'set', plain: [...value] };
  if (value instanceof URL) return { type: 'URL', plain: value.href };
  if (value instanceof Error) return { type: error, plain: toErrorParts(value) };
  return { type: binary, plain: toNamedBase64(value as BinaryValue) };
}

/** The reverse of {@link toPlainForm}, what is inside being restored. Throws where they do not fit, without repeating any of it. */
export function fromPlainForm(type: unknown, plain: unknown): unknown {
  switch (Array.isArray(type) ? type.join() : type) {
    case 'undefined':
      return undefined;
    case 'bigint':
      return toBigInt(plain);
    case 'number':
      return toNumber(plain);
    case 'Date':
      return toDate(plain);
    case 'map':
      return new Map(asList(plain).map(asEntry));
    case 'set':
      return new Set(asList(plain));
    case 'URL':
      return toUrl(plain);
    case 'custom,invalid-date':
      return new Date(Number.NaN);
    case 'custom,binary':
      return fromNamedBase64(plain);
    case 'custom,error':
      return fromErrorParts(plain);
    case 'custom,entries':
      return fromEntries(plain);
  }
  throw new TypeError('The notes beside the stored state name a type that is not known.');
}

function toBigInt(value: unknown): bigint {
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  throw new TypeError('A bigint in the stored state is not a whole number.');
}

function toNumber(value: unknown): number {
  if (typeof value === 'string' && numbersBeyondJson.includes(value)) return Number(value);
  throw new TypeError('A number in the stored state is not one that JSON cannot hold.');
}

export function toDate(value: unknown): Date {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw new TypeError('A date in the stored state is not an ISO date.');
  return date;
}

function toUrl(value: unknown): URL {
  if (typeof value === 'string' && URL.canParse(value)) return new URL(value);
  throw new TypeError('A URL in the stored state is not one.');
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
  const own = Object.getOwnPropertyNames(error).map((key) => [key, Reflect.get(error, key)]);
  const listed = new Set<unknown>(Object.keys(error));
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
      const [key, value] = asEntry(property);
      Object.defineProperty(error, String(key), { value, enumerable, writable: true, configurable: true });
    }
  }
  return error;
}

/** superjson refuses these keys; tool arguments, which a model writes, may hold them. */
function isRefusedBySuperjson(record: Record<string, unknown>): boolean {
  return (
    Object.hasOwn(record, '__proto__') ||
    Object.hasOwn(record, 'constructor') ||
    Object.hasOwn(record, 'prototype')
  );
}

function fromEntries(stored: unknown): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const entry of asList(stored)) {
    const [key, value] = asEntry(entry);
    setOwn(record, String(key), value);
  }
  return record;
}

function asEntry(value: unknown): [unknown, unknown] {
  const [key, content] = asList(value);
  return [key, content];
}

function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError('The stored value is not the list that its notes say it is.');
}
