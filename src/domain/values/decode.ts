import { kindOfType } from './kinds.js';
import { isRecord, setOwn } from './objects.js';
import { parseNotesPath } from './path.js';

/**
 * Restores in place what `encode` made plain, by the notes beside it. Throws if the two do not fit each other; the message holds
 * none of the data.
 */
export function restore(data: unknown, notes: Readonly<Record<string, unknown>>): void {
  for (const path of Object.keys(notes)) {
    const keys = parseNotesPath(path);
    const holder = findHolder(data, keys);
    const key = String(keys.at(-1));
    setOwn(holder, key, restoreValue(holder[key], notes[path]));
  }
}

/** A note is the type of a value, and the notes about what is in it, if any. */
function restoreValue(plain: unknown, note: unknown): unknown {
  if (!Array.isArray(note)) throw new TypeError('A note beside the stored state is not a list.');
  const [type, inside] = note;
  if (isRecord(inside)) restore(plain, inside);
  return kindOfType(type).fromPlain(plain);
}

/** The object or list that holds the last of the keys. @throws RangeError if there is none. */
function findHolder(root: unknown, keys: readonly string[]): Record<string, unknown> {
  let holder = root;
  for (let at = 0; at < keys.length - 1; at++) {
    const key = String(keys[at]);
    holder = isHolder(holder) && Object.hasOwn(holder, key) ? holder[key] : undefined;
  }
  if (isHolder(holder)) return holder;
  throw new RangeError('A note beside the state is about a place that is not there.');
}

/** The keys of a list are its indexes. */
function isHolder(value: unknown): value is Record<string, unknown> {
  return Array.isArray(value) || isRecord(value);
}
