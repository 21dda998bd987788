import { AgentStoreError, isAgentStoreError } from '../errors.js';
import type { kindOf } from './kinds.js';
import { className, isRecord } from './objects.js';
import { formatValuePath, type ValueStep } from './path.js';
import type { Inside, ValueKind } from './value-kind.js';

/** How deep a value may nest; what is directly in it is level 1. */
export const maxDepth = 1_000;

/** Levels that a map, a set or an error counts besides its own: its plain form is lists inside a list. */
const addedByKind = 2;

/** What a walk makes of texts, numbers, booleans and `null`: themselves. */
export type Unchanged = string | number | boolean | null;

/**
 * A walk through a value that checks whether all of it can be kept, and makes another one of it that shares nothing with it. What is
 * made of objects and of the values that JSON does not have is up to the walk.
 */
export abstract class ValueWalk<Made> {
  /** The steps to, and the objects around, the value at hand. Entries beyond its depth are left over from earlier values. */
  protected readonly path: ValueStep[] = [];
  readonly #ancestors: object[] = [];
  #depth = 0;
  /** Levels that the maps, sets and errors around the value at hand add to those of the path. */
  protected addedLevels = 0;
  /** The depth of the value of a kind that is around the value at hand. */
  protected kindDepth = 0;

  constructor(
    private readonly root: string,
    private readonly maxDepth: number,
    private readonly findKind: typeof kindOf,
  ) {}

  /** @throws AgentStoreError `UNSERIALIZABLE`, with the path, if the value holds what cannot be kept. */
  start(value: unknown): Made | Unchanged {
    try {
      return this.#visit(value, 0);
    } catch (cause) {
      if (isAgentStoreError(cause)) throw cause;
      // A getter or a proxy that throws, or a stack that is nearly used up already.
      throw this.#refusal(this.#depth, 'cannot be read', cause);
    }
  }

  protected abstract fromList(list: readonly unknown[], depth: number): Made;

  /** `record` has no symbols as keys. */
  protected abstract fromRecord(record: Readonly<Record<string, unknown>>, depth: number): Made;

  protected abstract fromKind(kind: ValueKind, value: unknown, depth: number): Made;

  /** What is made of a value of a kind, whose parts go through `inside`. */
  protected abstract fromParts(kind: ValueKind, value: unknown, inside: Inside<Made | Unchanged>): Made;

  /** What is made of a part of the value at that depth. */
  protected visitPart(step: ValueStep, part: unknown, depth: number): Made | Unchanged {
    this.path[depth] = step;
    return this.#visit(part, depth + 1);
  }

  /** Goes into a value of a kind. */
  protected visitKind(kind: ValueKind, value: unknown, depth: number, addedLevels = addedByKind): Made {
    const outerDepth = this.kindDepth;
    this.kindDepth = depth;
    this.addedLevels += addedLevels;
    const made = this.fromParts(kind, value, this.#inside);
    this.addedLevels -= addedLevels;
    this.kindDepth = outerDepth;
    return made;
  }

  #visit(value: unknown, depth: number): Made | Unchanged {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return value;
    if (typeof value === 'object') {
      this.#enter(value, depth);
      if (Array.isArray(value)) {
        if (Object.keys(value).length !== value.length)
          throw this.#refusal(depth, 'is a list with holes or properties');
        return this.fromList(value, depth);
      }
      if (isRecord(value)) {
        if (Object.getOwnPropertySymbols(value).length > 0)
          throw this.#refusal(depth, 'has a symbol as a key');
        return this.fromRecord(value, depth);
      }
    }
    const kind = this.findKind(value);
    if (kind === undefined) throw this.#refusal(depth, `is ${describe(value)}`);
    if (kind.isBare && Object.keys(Object(value)).length > 0)
      throw this.#refusal(depth, 'has properties of its own');
    return this.fromKind(kind, value, depth);
  }

  #enter(value: object, depth: number): void {
    if (depth + this.addedLevels > this.maxDepth)
      throw this.#refusal(depth, `is more than ${this.maxDepth} levels deep`);
    for (let level = 0; level < depth; level++)
      if (this.#ancestors[level] === value) throw this.#refusal(depth, 'is an object that contains itself');
    this.#ancestors[depth] = value;
    this.#depth = depth;
  }

  readonly #inside: Inside<Made | Unchanged> = (step, part) => this.visitPart(step, part, this.kindDepth);

  #refusal(depth: number, problem: string, cause?: unknown): AgentStoreError {
    return unserializable(formatValuePath(this.root, this.path.slice(0, depth)), problem, cause);
  }
}

export function unserializable(path: string, problem: string, cause?: unknown): AgentStoreError {
  return new AgentStoreError('UNSERIALIZABLE', `${path} ${problem}.`, cause === undefined ? {} : { cause });
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `an instance of ${className(value)}`;
  if (typeof value === 'number') return `${Object.is(value, -0) ? '-0' : value}, which JSON cannot hold`;
  return `a ${typeof value}`;
}
