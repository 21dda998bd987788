import { requireState } from './state-copy.js';
import type { StateSerializer } from './state-serializer.js';
import { restore } from './values/decode.js';
import { type EncodedValue, encode } from './values/encode.js';
import { toDate } from './values/kinds.js';
import { isRecord } from './values/objects.js';
import { AnnotatedData } from './values/plain-data.js';

/** The fields that are dates also if there are no notes to say so. */
const dateFields: readonly string[] = ['createdAt', 'lastActivity'];

/**
 * The serializer that stores use unless they are given another: plain JSON with ISO dates, and superjson's notes beside it
 * that say what else a value was. A state whose only such values are `createdAt` and `lastActivity` has no notes.
 *
 * superjson by itself reads and writes the same, only slower, but for what it loses or refuses, which has custom types here:
 * errors, binary data, invalid dates and keys such as `__proto__`.
 *
 * @example
 * // Wrapped by one of your own, which takes its copy by calling it first.
 * const serializer: StateSerializer = {
 *   copiesState: true,
 *   serialize: async (state, ids) => encrypt(toStateText(await defaultSerializer.serialize(state, ids)), ids),
 *   deserialize: async (stored, ids) =>
 *     defaultSerializer.deserialize(fromStateText(await decrypt(stored, ids)), ids),
 * };
 */
export const defaultSerializer: StateSerializer = {
  copiesState: true,
  serialize(state) {
    const { data, notes } = encode(requireState(state), 'state');
    return isPlain(notes) ? data : new AnnotatedData(data, { values: notes, v: 1 });
  },
  deserialize(serialized) {
    if (!(serialized instanceof AnnotatedData)) return restoreDates(serialized);
    const { notes, data } = serialized;
    if (!isRecord(notes) || !isRecord(notes.values))
      throw new TypeError('The notes beside the state are not notes.');
    restore(data, notes.values);
    return data;
  },
};

/** What data without notes holds all the same: the dates of every state. */
export function restoreDates(data: unknown): Record<string, unknown> {
  if (!isRecord(data)) throw new TypeError('The stored state is not an object.');
  for (const field of dateFields) data[field] = toDate(data[field]);
  return data;
}

/** True if the data says by itself all that the notes do. */
function isPlain(notes: EncodedValue['notes']): boolean {
  return (
    Object.keys(notes).length === dateFields.length && dateFields.every((field) => isDateNote(notes[field]))
  );
}

function isDateNote(note: unknown): boolean {
  return Array.isArray(note) && note[0] === 'Date';
}
