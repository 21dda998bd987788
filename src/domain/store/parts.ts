import { hash } from '../hash.js';
import type { RecordKey } from '../key-schema.js';
import type { NewRecord, RecordStore, StoredRecord } from '../record-store.js';
import { isBytes } from '../values/built-in.js';
import { isRecord } from '../values/objects.js';
import type { SerializedData } from '../values/plain-data.js';
import { requireSize, sizeOf } from '../values/size.js';
import { fromStateText, parseJson, toStateText } from '../values/text.js';
import { createPartName } from './part-keys.js';

/** One of the records that together hold data too large for a single one. */
interface Part {
  readonly name: string;
  readonly bytes: number;
  readonly hash: string;
}

/** The parts that a record names. */
export interface PartList {
  /** Those that hold its data, in order; empty if the record holds the data itself. */
  readonly current: readonly Part[];
  /** The names of those that held earlier data, which the next save removes. */
  readonly replaced: readonly string[];
  /** True if the session is being deleted: the record stays until all of its parts are removed. */
  readonly isDeleted: boolean;
}

/** A part expires a day after the record that names it: whoever has just read that record still finds the part. */
export const extraSeconds = 86_400;

export const noParts: PartList = { current: [], replaced: [], isDeleted: false };

/** @throws TypeError if what is stored is no such list. */
export function parsePartList(stored: string): PartList {
  const list: unknown = parseJson(stored);
  if (!isRecord(list) || !Array.isArray(list.current) || !Array.isArray(list.replaced))
    throw new TypeError('What is stored does not say which records belong to it.');
  return {
    current: list.current.map(([name, bytes, hash]) => ({
      name: String(name),
      bytes: Number(bytes),
      hash: String(hash),
    })),
    replaced: list.replaced.map(String),
    isDeleted: list.deleted === true,
  };
}

/** The parts that a record names; none if its list cannot be read, which must not keep anybody from removing it. */
export function namesOfParts({ parts }: StoredRecord): string[] {
  if (parts === undefined) return [];
  try {
    const { current, replaced } = parsePartList(parts);
    return [...current.map(({ name }) => name), ...replaced];
  } catch {
    return [];
  }
}

/** What a record keeps of the list. */
export function formatPartList({ current, replaced, isDeleted }: PartList): string {
  return JSON.stringify({
    current: current.map(({ name, bytes, hash }) => [name, bytes, hash]),
    replaced,
    ...(isDeleted && { deleted: true }),
  });
}

/**
 * Writes the data of a record into as many others as it needs, under names that no other write uses.
 *
 * @param written - Each name is added to it before its part is written.
 */
export async function writeParts(
  records: RecordStore,
  toKey: (name: string) => RecordKey,
  { text, revision, expiresAt, updatedAt, entityType }: NewRecord,
  maxBytes: number,
  written: string[],
): Promise<Part[]> {
  const slices = slice(text, maxBytes);
  const parts = await Promise.all(
    slices.map(async (data, index) => ({
      name: `${createPartName(updatedAt, revision)}-${index}`,
      bytes: sizeOf(data),
      hash: hash(data),
      data,
    })),
  );
  for (const { name, data } of parts) {
    written.push(name);
    const record = {
      revision,
      updatedAt,
      entityType: `${entityType}-part`,
      data,
      text: toStateText(data),
      ...(expiresAt !== undefined && { expiresAt: expiresAt + extraSeconds }),
    };
    await records.put(toKey(name), record, null);
  }
  return parts.map(({ data: _, ...part }) => part);
}

/** What is in the parts of a record, in order; `null` if one of them is missing, unreadable, or not the one that was written. */
export async function readParts(
  records: RecordStore,
  toKey: (name: string) => RecordKey,
  parts: readonly Part[],
  maxBytes: number,
): Promise<(string | Uint8Array)[] | null> {
  requireSize(
    parts.reduce((sum, { bytes }) => sum + bytes, 0),
    maxBytes,
  );
  const slices = await Promise.all(
    parts.map(async ({ name, bytes, hash: expected }) => {
      const record = await records.get(toKey(name), true);
      const data = record === null ? null : await readSlice(record, bytes);
      return data !== null && hash(data) === expected ? data : null;
    }),
  );
  return slices.every((slice) => slice !== null) ? slices : null;
}

/** The data that was spread. @throws TypeError or SyntaxError if the slices are not of one. */
export function joinSlices(slices: readonly (string | Uint8Array)[]): SerializedData {
  if (slices.every((slice) => typeof slice === 'string')) return fromStateText(slices.join(''));
  if (slices.every((slice) => isBytes(slice))) return new Uint8Array(Buffer.concat(slices));
  throw new TypeError('The parts of what is stored are not of one kind.');
}

export async function removeParts(
  records: RecordStore,
  toKey: (name: string) => RecordKey,
  names: readonly string[],
): Promise<void> {
  await Promise.all(names.map((name) => records.delete(toKey(name), null)));
}

async function readSlice(record: StoredRecord, bytes: number): Promise<string | Uint8Array | null> {
  // A backend may keep the slice as quoted JSON text, in which a byte takes up to six.
  try {
    const data = await record.read(bytes * 6 + 64);
    return typeof data === 'string' || isBytes(data) ? data : null;
  } catch {
    return null; // The caller reads the record again, and reports the part if it is still named there.
  }
}

/** Pieces of at most so many bytes; no character is cut in two. */
export function slice(text: string | Uint8Array, maxBytes: number): (string | Uint8Array)[] {
  const bytes = Buffer.from(text);
  const slices: (string | Uint8Array)[] = [];
  for (let start = 0; start < bytes.length; ) {
    let end = Math.min(start + maxBytes, bytes.length);
    while (typeof text === 'string' && end < bytes.length && isInsideCharacter(bytes[end])) end--;
    const piece = bytes.subarray(start, end);
    slices.push(typeof text === 'string' ? piece.toString() : new Uint8Array(piece));
    start = end;
  }
  return slices;
}

function isInsideCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
