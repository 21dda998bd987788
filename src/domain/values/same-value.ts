import { isError } from './built-in.js';
import { kindOf } from './kinds.js';
import { className, isRecord } from './objects.js';
import { takeApart } from './parts.js';
import { formatValuePath, type ValueStep } from './path.js';
import type { ValueKind } from './value-kind.js';
import { maxDepth } from './walk.js';

/** True if two values are kept as the same. */
export function isSameValue(one: unknown, other: unknown): boolean {
  return findDifference(one, other, 'value') === null;
}

/**
 * Says where and how two values differ in what a store promises to keep, or `null` if they are the same. Invalid dates are
 * the same as each other, and errors are compared with their stacks.
 *
 * @param root - What the path to the difference begins with.
 */
export function findDifference(actual: unknown, expected: unknown, root: string): string | null {
  return new Comparison(root, true).compare(actual, expected, 0, 0);
}

/** The same for a copy, which may share nothing with what it was made of: what both hold was not copied. */
export function findDifferenceOfCopy(copy: unknown, original: unknown, root: string): string | null {
  return new Comparison(root, false).compare(copy, original, 0, 0);
}

class Comparison {
  readonly #path: ValueStep[] = [];
  readonly #ancestors: object[] = [];

  constructor(
    private readonly root: string,
    private readonly mayShare: boolean,
  ) {}

  /** `level` counts as the encoding does: what is inside a value of a kind lies three levels deeper than the value. */
  compare(actual: unknown, expected: unknown, depth: number, level: number): string | null {
    const say = (problem: string) => `${formatValuePath(this.root, this.#path.slice(0, depth))} ${problem}`;
    if (!this.mayShare && !isPrimitive(expected) && actual === expected) return say('cannot be copied');
    if (typeof expected !== 'object' || expected === null)
      return Object.is(actual, expected) ? null : say('is not what it was');
    if (level > maxDepth) return say(`is more than ${maxDepth} levels deep`);
    if (this.#ancestors.slice(0, depth).includes(expected)) return say('is an object that contains itself');
    if (typeof actual !== 'object' || actual === null) return say('is no object any more');
    this.#ancestors[depth] = expected;
    const kind = kindOf(expected);
    if (!this.#isSameClass(actual, expected, kind)) return say('is of another class');
    if (kind !== kindOf(actual)) return say('is not what it was');
    const [ours, theirs] = [takeApart(actual, kind), takeApart(expected, kind)];
    if (ours.rest !== theirs.rest) return say('is not what it was');
    // A copy of an error may have of its own what the error has from its class: its name, or an empty cause.
    const mayHaveMore = !this.mayShare && isError(expected);
    if (!mayHaveMore && ours.parts.size !== theirs.parts.size) return say('has other properties');
    for (const [words, part] of theirs.parts) {
      if (!ours.parts.has(words)) return say('has other properties');
      this.#path[depth] = { words, notes: '' };
      const inside = level + (kind === undefined ? 1 : 3);
      const difference = this.compare(ours.parts.get(words), part, depth + 1, inside);
      if (difference !== null) return difference;
    }
    return null;
  }

  /** A class of another realm counts as that of this realm, and a user's class of errors as the class that it is loaded as. */
  #isSameClass(actual: object, expected: object, kind: ValueKind | undefined): boolean {
    if (Object.getPrototypeOf(actual) === Object.getPrototypeOf(expected)) return true;
    if (kind !== kindOf(actual)) return false;
    if (kind === undefined)
      return Array.isArray(expected) ? Array.isArray(actual) : isRecord(actual) && isRecord(expected);
    if (kind.className === undefined) return true;
    const name = kind.className(expected);
    // A copy made by others must not lose a class that its maker could have kept.
    return kind.className(actual) === name && (this.mayShare || name === className(expected));
  }
}

/** A symbol counts as none: no data can hold it. */
function isPrimitive(value: unknown): boolean {
  return value === null || !['object', 'function', 'symbol'].includes(typeof value);
}
