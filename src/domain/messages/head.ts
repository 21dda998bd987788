import type { Message } from '../message-store.js';
import { isRecord } from '../values/objects.js';
import type { PlainData } from '../values/plain-data.js';

/** The messages of one append, as they are stored. */
export interface Entry {
  readonly count: number;
  /** When they were appended, in milliseconds. */
  readonly at: number;
  /** When they stop to exist, in Unix seconds; 0 if they stay. */
  readonly expiresAt: number;
  /** What the serializer made: `{ json, meta? }`, or `{ base64 }` for bytes. */
  readonly data: PlainData;
}

/** Names a part: a record that holds entries, or, on the levels above 0, references to other parts. */
export interface Ref {
  readonly name: string;
  readonly level: number;
  /** How many messages there are in it, and below it. */
  readonly count: number;
  /** The bytes of their text. */
  readonly bytes: number;
  /** How many records it takes. */
  readonly slices: number;
  /** When its newest and its oldest messages stop to exist, in Unix seconds; 0 if they stay. */
  readonly newest: number;
  readonly oldest: number;
}

/** What took the place of earlier messages: one message, as it is stored, or the part that holds it. */
export interface Summary {
  /** The positions that it stands for; `end` is that of the first message behind it. */
  readonly start: number;
  readonly end: number;
  readonly content: Entry | Ref;
}

/**
 * The record of a history. Its messages have positions, which are counted from its creation on: `begin` is that of the oldest,
 * and `end` is that of the next one. The references, oldest first, and then the tail lead up to `end`.
 */
export interface Head {
  readonly begin: number;
  readonly end: number;
  /** The revision of the creation, clear or compaction that this history goes back to. */
  readonly origin: string;
  readonly refs: readonly Ref[];
  readonly tail: readonly Entry[];
  readonly summary: Summary | null;
  /** Parts that nothing needs any more, and that the next writer removes. */
  readonly replaced: readonly Ref[];
  /** The fingerprint of the newest revision of each of the last writers, the most recent writer last. */
  readonly writers: readonly (readonly [writer: string, fingerprint: string])[];
  /** True if it was erased, and nothing has been appended since. */
  readonly isErased: boolean;
}

const roles: readonly Message['role'][] = ['user', 'assistant', 'tool', 'system'];

/** The form of what is stored, for later releases to tell by. */
const version = 1;

/** Names are base64url: in JSON they are as they are. */
export function formatHead(head: Head): PlainData {
  const { begin, end, origin, refs, tail, summary, replaced, writers, isErased } = head;
  return {
    v: version,
    begin,
    end,
    origin,
    writers: writers.map(([writer, fingerprint]) => [writer, fingerprint]),
    refs: refs.map(formatRef),
    tail: tail.map(formatEntry),
    ...(summary !== null && { summary: formatSummary(summary) }),
    ...(replaced.length > 0 && { replaced: replaced.map(formatRef) }),
    ...(isErased && { erased: true }),
  };
}

/** @throws TypeError if what is stored is no head. */
export function parseHead(stored: unknown): Head {
  if (!isRecord(stored) || stored.v !== version) throw notOurs();
  const { begin, end, origin, refs, tail, summary, replaced = [], writers } = stored;
  return {
    begin: requireNumber(begin),
    end: requireNumber(end),
    origin: requireText(origin),
    refs: requireList(refs).map(parseRef),
    tail: requireList(tail).map(parseEntry),
    summary: summary === undefined ? null : parseSummary(summary),
    replaced: requireList(replaced).map(parseRef),
    writers: requireList(writers).map((writer) => {
      const [id, fingerprint] = requireList(writer);
      return [requireText(id), requireText(fingerprint)];
    }),
    isErased: stored.erased === true,
  };
}

export function formatEntries(entries: readonly Entry[]): PlainData {
  return { v: version, entries: entries.map(formatEntry) };
}

export function formatRefs(refs: readonly Ref[]): PlainData {
  return { v: version, refs: refs.map(formatRef) };
}

/** @throws TypeError if what is stored is no part that holds what the reference says. */
export function parseEntries(stored: unknown, ref: Ref): Entry[] {
  return requireCount(requireList(Object(stored).entries).map(parseEntry), ref);
}

/** @throws TypeError if what is stored is no part that holds what the reference says. */
export function parseRefs(stored: unknown, ref: Ref): Ref[] {
  return requireCount(requireList(Object(stored).refs).map(parseRef), ref);
}

function requireCount<Item extends { readonly count: number }>(items: Item[], { count }: Ref): Item[] {
  if (countOf(items) === count) return items;
  throw notOurs();
}

/** True if the role, the content and the calls are there as they must be; every other field may be anything. */
export function isMessage(value: unknown): value is Message {
  if (!isRecord(value) || !roles.some((role) => role === value.role)) return false;
  const { content, toolCalls = [], toolCallId = '' } = value;
  return (
    typeof content === 'string' &&
    typeof toolCallId === 'string' &&
    Array.isArray(toolCalls) &&
    toolCalls.every(isToolCall)
  );
}

function isToolCall(value: unknown): boolean {
  if (!isRecord(value) || typeof value.id !== 'string') return false;
  return isRecord(value.function) && typeof value.function.name === 'string';
}

export function countOf(parts: readonly { readonly count: number }[]): number {
  return parts.reduce((sum, { count }) => sum + count, 0);
}

/** The newest of several expiries, and the oldest; 0, which is never, is later than any. */
export function newestOf(expiries: readonly number[]): number {
  return expiries.includes(0) ? 0 : Math.max(0, ...expiries);
}

export function oldestOf(expiries: readonly number[]): number {
  const ends = expiries.filter((expiresAt) => expiresAt !== 0);
  return ends.length === 0 ? 0 : Math.min(...ends);
}

export function hasExpired(expiresAt: number, now: number): boolean {
  return expiresAt !== 0 && expiresAt * 1000 <= now;
}

/** What is usual is left out at the end: no expiry, one expiry for all, level 0, one record. */
function formatRef({ name, count, bytes, newest, oldest, level, slices }: Ref): PlainData {
  const fields = [name, count, bytes, newest, oldest === newest ? 0 : oldest, level, slices];
  const usual = [undefined, undefined, undefined, 0, 0, 0, 1];
  while (fields.at(-1) === usual[fields.length - 1]) fields.pop();
  return fields;
}

function parseRef(stored: unknown): Ref {
  const [name, count, bytes, newest = 0, oldest = 0, level = 0, slices = 1] = requireList(stored);
  return {
    name: requireText(name),
    count: requireNumber(count),
    bytes: requireNumber(bytes),
    level: requireNumber(level),
    slices: requireNumber(slices),
    newest: requireNumber(newest),
    oldest: requireNumber(oldest === 0 ? newest : oldest),
  };
}

function formatEntry({ count, at, expiresAt, data }: Entry): PlainData {
  return [count, at, expiresAt, data];
}

function parseEntry(stored: unknown): Entry {
  const [count, at, expiresAt, data] = requireList(stored);
  if (!isRecord(data)) throw notOurs();
  return {
    count: requireNumber(count),
    at: requireNumber(at),
    expiresAt: requireNumber(expiresAt),
    data: data as PlainData,
  };
}

function formatSummary({ start, end, content }: Summary): PlainData {
  return 'data' in content
    ? { start, end, entry: formatEntry(content) }
    : { start, end, ref: formatRef(content) };
}

function parseSummary(stored: unknown): Summary {
  if (!isRecord(stored)) throw notOurs();
  return {
    start: requireNumber(stored.start),
    end: requireNumber(stored.end),
    content: stored.ref === undefined ? parseEntry(stored.entry) : parseRef(stored.ref),
  };
}

function requireList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw notOurs();
}

function requireText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw notOurs();
}

function requireNumber(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw notOurs();
}

function notOurs(): TypeError {
  return new TypeError('What is stored is no part of a history.');
}
