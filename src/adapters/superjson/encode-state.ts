import { isRecord, setOwn } from '../../domain/object-kinds.js';
import {
  AnnotatedData,
  type PlainData,
  type SerializedState,
  type ValueBeyondJson,
} from '../../domain/state-serializer.js';
import { findHolder } from './holder.js';
import { escapeNotesKey, formatNotesPath } from './notes-path.js';
import { toPlainForm } from './plain-form.js';

/** The fields that are dates also where there are no notes to say so. */
export const dateFields: readonly string[] = ['createdAt', 'lastActivity'];

type Notes = Record<string, PlainData>;

/**
 * Makes a checked state plain data, in place, with the notes of superjson that restore it. What is not listed in
 * `beyondJson` is plain already, and is not looked at.
 */
export function encodeState(state: unknown, beyondJson: readonly ValueBeyondJson[]): SerializedState {
  const notes: Notes = {};
  for (const { path, value } of beyondJson) {
    put(state, path, value, encodeValue(value, formatNotesPath(path), notes));
  }
  return annotate(state as PlainData, notes);
}

/** The plain form of a value, with a note under its path for it, or for each value in it, that is not plain. */
function encodeValue(value: unknown, path: string, notes: Notes): unknown {
  const form = toPlainForm(value);
  if (form === undefined) return encodeContent(value, `${path}.`, notes);
  const inside: Notes = {};
  const plain = encodeContent(form.plain, '', inside);
  setOwn(notes, path, Object.keys(inside).length === 0 ? [form.type] : [form.type, inside]);
  return plain;
}

/** The same for what is in a list or an object, in place. */
function encodeContent(content: unknown, prefix: string, notes: Notes): unknown {
  if (Array.isArray(content)) {
    content.forEach((value, index) => {
      content[index] = encodeValue(value, `${prefix}${index}`, notes);
    });
  } else if (isRecord(content)) {
    for (const key of Object.keys(content)) {
      content[key] = encodeValue(content[key], `${prefix}${escapeNotesKey(key)}`, notes);
    }
  }
  return content;
}

/** Puts the plain form of a value where the value was. `undefined` leaves nothing behind, but keeps its place in a list. */
function put(state: unknown, path: readonly (string | number)[], value: unknown, plain: unknown): void {
  const { holder, key } = findHolder(state, path);
  if (value === undefined && !Array.isArray(holder)) delete holder[key];
  else holder[key] = plain;
}

function annotate(data: PlainData, notes: Notes): SerializedState {
  const isUsual = Object.keys(notes).length === 2 && dateFields.every((field) => isDateNote(notes[field]));
  return isUsual ? data : new AnnotatedData(data, { values: notes, v: 1 });
}

function isDateNote(note: PlainData | undefined): boolean {
  return Array.isArray(note) && note[0] === 'Date';
}
