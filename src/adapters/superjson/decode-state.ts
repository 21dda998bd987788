import { isRecord, setOwn } from '../../domain/object-kinds.js';
import { AnnotatedData, type SerializedState } from '../../domain/state-serializer.js';
import { dateFields } from './encode-state.js';
import { findHolder } from './holder.js';
import { parseNotesPath } from './notes-path.js';
import { fromPlainForm, toDate } from './plain-form.js';

/** Restores in place what {@link encodeState} made plain. Throws where data and notes do not fit each other. */
export function decodeState(serialized: SerializedState): unknown {
  if (!(serialized instanceof AnnotatedData)) return decodeWithoutNotes(serialized);
  const { notes, data } = serialized;
  if (!isRecord(notes) || !isRecord(notes.values))
    throw new TypeError('The notes beside the state are not notes.');
  restoreAll(data, notes.values);
  return data;
}

function decodeWithoutNotes(data: unknown): unknown {
  if (!isRecord(data)) throw new TypeError('The stored state is not an object.');
  for (const field of dateFields) data[field] = toDate(data[field]);
  return data;
}

function restoreAll(data: unknown, notes: Readonly<Record<string, unknown>>): void {
  for (const [path, note] of Object.entries(notes)) {
    const { holder, key } = findHolder(data, parseNotesPath(path));
    setOwn(holder, key, restore(holder[key], note));
  }
}

/** A note is the type of a value, and the notes about what is in it, if any. */
function restore(plain: unknown, note: unknown): unknown {
  if (!Array.isArray(note)) throw new TypeError('A note beside the stored state is not a list.');
  const [type, inside] = note;
  if (isRecord(inside)) restoreAll(plain, inside);
  return fromPlainForm(type, plain);
}
