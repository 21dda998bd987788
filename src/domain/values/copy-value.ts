import { estimate } from './data-size.js';
import { kindOf } from './kinds.js';
import type { ValueStep } from './path.js';
import type { Inside, ValueKind } from './value-kind.js';
import { maxDepth, ValueWalk } from './walk.js';

/** A copy, and how large it is. */
export interface MeasuredCopy<Value> {
  readonly copy: Value;
  /** At least the bytes of the text that the value takes as data, with the notes beside it. */
  readonly maxBytes: number;
}

/**
 * Copies a value as a store would give it back. The copy shares nothing with it.
 *
 * @param root - What messages call the value.
 * @throws AgentStoreError `UNSERIALIZABLE`, with the path, if it holds what cannot be kept.
 */
export function copyValue<Value>(value: Value, root: string): Value {
  return copyMeasured(value, root).copy;
}

/** The same, and how large the value is. */
export function copyMeasured<Value>(value: Value, root: string): MeasuredCopy<Value> {
  const walk = new CopyWalk(root, maxDepth, kindOf);
  // Every kind of value that can be kept is copied as itself.
  const copy = walk.start(value) as Value;
  return { copy, maxBytes: walk.maxBytes };
}

/** A copy of what has been copied before, and so needs no check. */
export function copyAgain<Value>(value: Value): Value {
  return again(value) as Value;
}

function again(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(again);
  const kind = Object.getPrototypeOf(value) === Object.prototype ? undefined : kindOf(value);
  if (kind !== undefined) return copyOfKind(kind, value, (_, part) => again(part));
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) {
    const part = copy[key];
    if (typeof part === 'object') copy[key] = again(part);
  }
  return copy;
}

function copyOfKind(kind: ValueKind, value: unknown, inside: Inside<unknown>): unknown {
  return kind.copy === undefined ? kind.fromPlain(kind.toPlain(value, inside)) : kind.copy(value, inside);
}

/** What a value takes besides the characters of a text, at most, with the comma behind it. */
const valueBytes = 32;
/** What a note takes besides its path, at most. */
const noteBytes = 64;

/** Copies values as they are, and adds up what they would take as data: no character takes more than 6 bytes of JSON. */
class CopyWalk extends ValueWalk<unknown> {
  maxBytes = 2 * noteBytes;

  protected fromList(list: readonly unknown[], depth: number): unknown {
    return list.map((value, index) => this.visitPart(index, value, depth));
  }

  protected fromRecord(record: Readonly<Record<string, unknown>>, depth: number): unknown {
    // Inside of a value of a kind, a record with certain keys is one too.
    if (this.addedLevels > 0) this.#addNote(depth);
    const copy: Record<string, unknown> = { ...record };
    for (const key of Object.keys(copy)) {
      const value = copy[key];
      this.maxBytes += key.length * 6;
      if (typeof value === 'string') this.maxBytes += value.length * 6 + valueBytes;
      else copy[key] = this.visitPart(key, value, depth);
    }
    return copy;
  }

  protected fromKind(kind: ValueKind, value: unknown, depth: number): unknown {
    this.#addNote(depth);
    return this.visitKind(kind, value, depth);
  }

  protected fromParts(kind: ValueKind, value: unknown, inside: Inside<unknown>): unknown {
    if (kind.copy !== undefined) {
      if (typeof value === 'bigint') this.maxBytes += String(value).length;
      return kind.copy(value, inside);
    }
    const plain = kind.toPlain(value, inside);
    this.maxBytes += estimate(plain);
    return kind.fromPlain(plain);
  }

  protected override visitPart(step: ValueStep, part: unknown, depth: number): unknown {
    this.maxBytes += valueBytes;
    if (typeof part === 'string') this.maxBytes += part.length * 6;
    return super.visitPart(step, part, depth);
  }

  #addNote(depth: number): void {
    this.maxBytes += noteBytes;
    for (let at = 0; at < depth; at++) {
      const step = this.path[at];
      this.maxBytes += typeof step === 'string' ? step.length * 6 : valueBytes;
    }
  }
}
