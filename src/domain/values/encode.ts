import { isBytes } from './built-in.js';
import { entriesKind, kindOf } from './kinds.js';
import { setOwn } from './objects.js';
import { formatNotesPath } from './path.js';
import { AnnotatedData, type PlainData, type SerializedData } from './plain-data.js';
import type { Inside, ValueKind } from './value-kind.js';
import { maxDepth, ValueWalk } from './walk.js';

/** Superjson restores what is inside a value of a kind by itself, and refuses these keys there. */
export const refusedKeys: readonly string[] = ['constructor', 'prototype', '__proto__'];

/** Superjson's notes: for each path, the type of the value there, and the notes about what is in it, if any. */
type Notes = Record<string, PlainData>;

/** A value as plain data, with the notes that restore it. */
export interface EncodedValue {
  readonly data: PlainData;
  readonly notes: Readonly<Notes>;
}

/**
 * Checks, copies and encodes a value, in one synchronous walk. The result shares nothing with it.
 *
 * @param root - What messages call the value.
 * @throws AgentStoreError `UNSERIALIZABLE`, with the path, if it holds what cannot be kept: a function, a symbol, a class
 * instance, a cycle, more than 1,000 levels.
 */
export function encode(value: unknown, root: string): EncodedValue {
  const walk = new EncodeWalk(root, maxDepth, kindOf);
  const data = walk.start(value);
  return { data, notes: walk.notes ?? {} };
}

/**
 * Checks and copies what holds the values of JSON and nothing else, however deep it nests.
 *
 * @throws AgentStoreError `UNSERIALIZABLE`, with the path, if it holds anything else.
 */
export function copyPlainData(data: unknown, root = 'serialized'): PlainData {
  return new EncodeWalk(root, Number.POSITIVE_INFINITY, () => undefined).start(data);
}

/**
 * Checks and copies serialized data, which may hold no more than a backend can keep.
 *
 * @throws AgentStoreError `UNSERIALIZABLE`, with the path, if there is more in it.
 */
export function copySerialized(serialized: SerializedData): SerializedData {
  if (isBytes(serialized)) return new Uint8Array(serialized);
  if (!(serialized instanceof AnnotatedData)) return copyPlainData(serialized);
  return new AnnotatedData(copyPlainData(serialized.data), copyPlainData(serialized.notes));
}

/** Makes plain data, and notes beside it. */
class EncodeWalk extends ValueWalk<PlainData> {
  /** The notes made so far about the value that is walked; `undefined` if there are none. */
  notes: Notes | undefined;

  protected fromList(list: readonly unknown[], depth: number): PlainData {
    return list.map((value, index) => this.visitPart(index, value, depth));
  }

  protected fromRecord(record: Readonly<Record<string, unknown>>, depth: number): PlainData {
    if (this.addedLevels > 0 && refusedKeys.some((key) => Object.hasOwn(record, key)))
      return this.#note(entriesKind, record, depth, 0);
    // All at once, which is faster than key by key; then what is not a text is replaced by its plain form.
    const plain: Record<string, PlainData> = { ...(record as Record<string, PlainData>) };
    let left: Set<string> | undefined;
    for (const key of Object.keys(plain)) {
      const value: unknown = plain[key];
      if (typeof value === 'string') continue;
      plain[key] = this.visitPart(key, value, depth);
      // In a plain object, the note alone keeps an `undefined`.
      if (value === undefined && this.addedLevels === 0) {
        left ??= new Set();
        left.add(key);
      }
    }
    return left === undefined ? plain : withoutKeys(plain, left);
  }

  protected fromKind(kind: ValueKind, value: unknown, depth: number): PlainData {
    return this.#note(kind, value, depth);
  }

  protected fromParts(kind: ValueKind, value: unknown, inside: Inside<PlainData>): PlainData {
    return kind.toPlain(value, inside);
  }

  /** The plain form of a value of a kind, and a note for it, which holds the notes about what is inside: their paths start there. */
  #note(kind: ValueKind, value: unknown, depth: number, addedLevels?: number): PlainData {
    const outer = this.notes ?? {};
    const outerDepth = this.kindDepth;
    this.notes = undefined;
    const plain = this.visitKind(kind, value, depth, addedLevels);
    const note = this.notes === undefined ? [kind.type] : [kind.type, this.notes];
    this.notes = outer;
    setOwn(outer, formatNotesPath(this.path, outerDepth, depth), note);
    return plain;
  }
}

/** Made anew: an object from which a key was deleted is slow for whoever reads it. */
function withoutKeys(
  plain: Readonly<Record<string, PlainData>>,
  left: ReadonlySet<string>,
): Record<string, PlainData> {
  const kept: Record<string, PlainData> = {};
  for (const key of Object.keys(plain)) if (!left.has(key)) setOwn(kept, key, plain[key]);
  return kept;
}
