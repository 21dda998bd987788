import { AgentStoreError, isAgentStoreError } from '../errors.js';
import { isBytes } from './built-in.js';
import { entriesKind, kindOf } from './kinds.js';
import { className, isRecord, setOwn } from './objects.js';
import { formatNotesPath, formatValuePath, type ValueStep } from './path.js';
import { AnnotatedData, type PlainData, type SerializedData } from './plain-data.js';
import type { Inside, ValueKind } from './value-kind.js';

/** How deep a value may nest; what is directly in it is level 1. */
export const maxDepth = 1_000;

/** Levels that a map, a set or an error counts besides its own: its plain form is lists inside a list. */
const addedByKind = 2;

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

export function unserializable(path: string, problem: string, cause?: unknown): AgentStoreError {
  return new AgentStoreError('UNSERIALIZABLE', `${path} ${problem}.`, cause === undefined ? {} : { cause });
}

class EncodeWalk {
  /** The notes made so far about the value that is walked; `undefined` if there are none. */
  notes: Notes | undefined;
  /** The steps to, and the objects around, the value at hand. Entries beyond its depth are left over from earlier values. */
  readonly #path: ValueStep[] = [];
  readonly #ancestors: object[] = [];
  #depth = 0;
  /** Levels that the maps, sets and errors around the value at hand add to those of the path. */
  #addedLevels = 0;
  /** The depth of the value that the notes are about: their paths start there. */
  #notesDepth = 0;

  constructor(
    private readonly root: string,
    private readonly maxDepth: number,
    private readonly findKind: typeof kindOf,
  ) {}

  start(value: unknown): PlainData {
    try {
      return this.#encode(value, 0);
    } catch (cause) {
      if (isAgentStoreError(cause)) throw cause;
      // A getter or a proxy that throws, or a stack that is nearly used up already.
      throw this.#refusal(this.#depth, 'cannot be read', cause);
    }
  }

  #encode(value: unknown, depth: number): PlainData {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return value;
    if (typeof value === 'object') {
      this.#enter(value, depth);
      if (Array.isArray(value)) return this.#encodeList(value, depth);
      if (isRecord(value)) return this.#encodeRecord(value, depth);
    }
    const kind = this.findKind(value);
    if (kind === undefined) throw this.#refusal(depth, `is ${describe(value)}`);
    if (kind.isBare && Object.keys(Object(value)).length > 0)
      throw this.#refusal(depth, 'has properties of its own');
    return this.#encodeKind(kind, value, depth, addedByKind);
  }

  #enter(value: object, depth: number): void {
    if (depth + this.#addedLevels > this.maxDepth)
      throw this.#refusal(depth, `is more than ${this.maxDepth} levels deep`);
    for (let level = 0; level < depth; level++)
      if (this.#ancestors[level] === value) throw this.#refusal(depth, 'is an object that contains itself');
    this.#ancestors[depth] = value;
    this.#depth = depth;
  }

  #encodeInside(step: ValueStep, value: unknown, depth: number): PlainData {
    this.#path[depth] = step;
    return this.#encode(value, depth + 1);
  }

  #encodeList(list: readonly unknown[], depth: number): PlainData {
    if (Object.keys(list).length !== list.length)
      throw this.#refusal(depth, 'is a list with holes or properties');
    return list.map((value, index) => this.#encodeInside(index, value, depth));
  }

  #encodeRecord(record: Readonly<Record<string, unknown>>, depth: number): PlainData {
    if (Object.getOwnPropertySymbols(record).length > 0) throw this.#refusal(depth, 'has a symbol as a key');
    if (this.#addedLevels > 0 && refusedKeys.some((key) => Object.hasOwn(record, key)))
      return this.#encodeKind(entriesKind, record, depth, 0);
    // All at once, which is faster than key by key; then what is not a text is replaced by its plain form.
    const plain: Record<string, PlainData> = { ...(record as Record<string, PlainData>) };
    let left: Set<string> | undefined;
    for (const key of Object.keys(plain)) {
      const value: unknown = plain[key];
      if (typeof value === 'string') continue;
      plain[key] = this.#encodeInside(key, value, depth);
      // In a plain object, the note alone keeps an `undefined`.
      if (value === undefined && this.#addedLevels === 0) {
        left ??= new Set();
        left.add(key);
      }
    }
    return left === undefined ? plain : withoutKeys(plain, left);
  }

  /** The plain form of a value of a kind, and a note for it, which holds the notes about what is inside. */
  #encodeKind(kind: ValueKind, value: unknown, depth: number, addedLevels: number): PlainData {
    const outer = this.notes ?? {};
    const outerDepth = this.#notesDepth;
    this.notes = undefined;
    this.#notesDepth = depth;
    this.#addedLevels += addedLevels;
    const plain = kind.toPlain(value, this.#inside);
    const note = this.notes === undefined ? [kind.type] : [kind.type, this.notes];
    this.#addedLevels -= addedLevels;
    this.#notesDepth = outerDepth;
    this.notes = outer;
    setOwn(outer, formatNotesPath(this.#path, outerDepth, depth), note);
    return plain;
  }

  /** Encodes what is inside a value of a kind. Notes about it have paths that start at that value. */
  readonly #inside: Inside = (step, part) => this.#encodeInside(step, part, this.#notesDepth);

  #refusal(depth: number, problem: string, cause?: unknown): AgentStoreError {
    return unserializable(formatValuePath(this.root, this.#path.slice(0, depth)), problem, cause);
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

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `an instance of ${className(value)}`;
  if (typeof value === 'number') return `${Object.is(value, -0) ? '-0' : value}, which JSON cannot hold`;
  return `a ${typeof value}`;
}
