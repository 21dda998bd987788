import type { Serializer } from './state-serializer.js';
import { restore } from './values/decode.js';
import { type EncodedValue, encode } from './values/encode.js';
import { toDate } from './values/kinds.js';
import { isRecord } from './values/objects.js';
import { isPlainJson, isPlainObject } from './values/plain-check.js';
import { AnnotatedData, type SerializedData } from './values/plain-data.js';
import { unserializable } from './values/walk.js';

/** The fields that are dates even if no note says so. */
const dateFields: readonly string[] = ['createdAt', 'lastActivity'];

/**
 * The serializer that stores use unless they are given another: plain JSON with ISO dates, and superjson's notes beside it
 * that say what else a value was. A state whose only such values are `createdAt` and `lastActivity` has no notes.
 *
 * superjson itself reads and writes the same text, only slower. What superjson would lose or refuse has custom types here:
 * errors, binary data, invalid dates and keys such as `__proto__`.
 *
 * @example
 * // Wrapped by one of your own. It calls this one first, which copies the state.
 * const serializer: StateSerializer = {
 *   copiesState: true,
 *   serialize: async (state, ids) => encrypt(toStateText(await defaultSerializer.serialize(state, ids)), ids),
 *   deserialize: async (stored, ids) =>
 *     defaultSerializer.deserialize(fromStateText(await decrypt(stored, ids)), ids),
 * };
 */
export const defaultSerializer: Serializer = {
  copiesState: true,
  serialize: encodeState,
  deserialize: restoreState,
};

/** @throws AgentStoreError `UNSERIALIZABLE`, with the path, if the value holds what cannot be kept. */
export function encodeState(value: object): SerializedData {
  if (!isRecord(value)) throw unserializable('state', 'is not a plain object');
  const { data, notes } = encode(value, 'state');
  return isPlain(value, notes) ? data : new AnnotatedData(data, toStoredNotes(notes));
}

/** The notes in the form that superjson gives them. */
function toStoredNotes<Notes>(values: Notes) {
  return { values, v: 1 };
}

/** Throws if it is not what {@link encodeState} makes, without repeating any of it. */
export function restoreState(serialized: SerializedData): unknown {
  if (!(serialized instanceof AnnotatedData)) return restoreDates(serialized);
  const { notes, data } = serialized;
  if (!isRecord(notes) || !isRecord(notes.values))
    throw new TypeError('The notes beside the state are not notes.');
  restore(data, notes.values);
  return data;
}

/** What nests deeper is left to the walk that copies, which can say what nests too deep. */
const maxPlainLevels = 100;

/** A name that a note has as it is. */
const plainName = /^\w+$/;

/**
 * The text that {@link defaultSerializer} makes of a state, made without a copy of what is in it. `undefined` if there is more to note
 * than the usual dates and fields that are `undefined`, and for what cannot be kept: the serializer says why.
 */
export function toPlainStateText(state: object): string | undefined {
  try {
    return isPlainObject(state) ? writeState(state) : undefined;
  } catch {
    return undefined; // What cannot be read here cannot be read by the serializer either.
  }
}

function writeState(state: Readonly<Record<string, unknown>>): string | undefined {
  const plain = { ...state };
  const notes: Record<string, [type: string]> = {};
  let hasNotes = false;
  for (const key of Object.keys(plain)) {
    const value = plain[key];
    if (dateFields.includes(key)) {
      if (!isPlainDate(value)) return undefined;
      plain[key] = value.toISOString();
      notes[key] = ['Date'];
    } else if (value === undefined && plainName.test(key) && key !== '__proto__') {
      notes[key] = ['undefined'];
      hasNotes = true;
    } else if (!isPlainJson(value, maxPlainLevels)) return undefined;
  }
  return JSON.stringify(hasNotes ? { json: plain, meta: toStoredNotes(notes) } : { json: plain });
}

function isPlainDate(value: unknown): value is Date {
  if (!(value instanceof Date) || Object.getPrototypeOf(value) !== Date.prototype) return false;
  return !Number.isNaN(value.getTime()) && Reflect.ownKeys(value).length === 0;
}

/** Restores the dates that every state has, in data without notes. */
export function restoreDates(data: unknown): Record<string, unknown> {
  if (!isRecord(data)) throw new TypeError('The stored state is not an object.');
  for (const field of dateFields) if (Object.hasOwn(data, field)) data[field] = toDate(data[field]);
  return data;
}

/** True if the notes say nothing but that the usual dates are dates: then they need not be stored. */
function isPlain(value: object, notes: EncodedValue['notes']): boolean {
  const dates = dateFields.filter((field) => Object.hasOwn(value, field));
  return Object.keys(notes).length === dates.length && dates.every((field) => isDateNote(notes[field]));
}

function isDateNote(note: unknown): boolean {
  return Array.isArray(note) && note[0] === 'Date';
}
