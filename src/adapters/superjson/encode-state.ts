import { setOwn } from '../../domain/object-kinds.js';
import {
  AnnotatedData,
  type PlainData,
  type SerializedState,
  type ValueBeyondJson,
} from '../../domain/state-serializer.js';
import { loadSuperjson } from './extended-superjson.js';
import { findHolder } from './holder.js';
import { formatNotesPath } from './notes-path.js';

/** The fields that are dates also where there are no notes to say so. */
export const dateFields: readonly string[] = ['createdAt', 'lastActivity'];

type Notes = Record<string, PlainData>;

/**
 * Makes a checked state plain data, in place, with notes that restore it; without superjson where nothing needs it.
 * What is not listed in `beyondJson` is plain already, and is not looked at.
 */
export function encodeState(
  state: unknown,
  beyondJson: readonly ValueBeyondJson[],
): SerializedState | Promise<SerializedState> {
  const notes: Notes = {};
  const rich = beyondJson.filter((place) => !encodePlain(state, place, notes));
  return rich.length === 0 ? annotate(state, notes) : encodeRich(state, rich, notes);
}

/** Makes a date, `undefined` or a bigint plain; says whether it was one. */
function encodePlain(state: unknown, { path, value }: ValueBeyondJson, notes: Notes): boolean {
  const type = plainTypeOf(value);
  if (type === undefined) return false;
  put(state, path, value instanceof Date ? value.toISOString() : value?.toString());
  setOwn(notes, formatNotesPath(path), [type]);
  return true;
}

/** What superjson's notes call a value that is written without it. */
function plainTypeOf(value: unknown): 'Date' | 'undefined' | 'bigint' | undefined {
  if (value === undefined) return 'undefined';
  if (typeof value === 'bigint') return 'bigint';
  return value instanceof Date && !Number.isNaN(value.getTime()) ? 'Date' : undefined;
}

/** All of them in one call: each costs as much as many values. */
async function encodeRich(
  state: unknown,
  rich: readonly ValueBeyondJson[],
  notes: Notes,
): Promise<SerializedState> {
  const superjson = await loadSuperjson();
  const { json, meta } = superjson.serialize(rich.map(({ value }) => value));
  const { values } = Object(meta);
  rich.forEach(({ path }, index) => {
    put(state, path, Reflect.get(Object(json), index));
    setOwn(notes, formatNotesPath(path), values[index]);
  });
  return annotate(state, notes);
}

/** Puts the plain form of a value where the value was. `undefined` has none, but keeps its place in a list. */
function put(state: unknown, path: readonly (string | number)[], plain: unknown): void {
  const { holder, key } = findHolder(state, path);
  if (plain !== undefined) holder[key] = plain;
  else if (Array.isArray(holder)) holder[Number(key)] = null;
  else delete holder[key];
}

function annotate(state: unknown, notes: Notes): SerializedState {
  const data = state as PlainData;
  const isUsual = Object.keys(notes).length === 2 && dateFields.every((field) => isDateNote(notes[field]));
  return isUsual ? data : new AnnotatedData(data, { values: notes, v: 1 });
}

function isDateNote(note: PlainData | undefined): boolean {
  return Array.isArray(note) && note[0] === 'Date';
}
