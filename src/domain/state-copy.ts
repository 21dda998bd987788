import { type AgentState, findInvalidField, isAgentState } from './agent-state.js';
import { binaryClassName, bytesOf, createBinary, isBinary } from './binary-values.js';
import { AgentStoreError } from './errors.js';
import { className, errorClasses, isExactly, isRecord } from './object-kinds.js';
import {
  AnnotatedData,
  type PlainData,
  type SerializedState,
  type ValueBeyondJson,
} from './state-serializer.js';
import { formatValuePath, type ValueStep } from './value-path.js';

/** How deep a state may nest; the values of its own fields are level 1. */
export const maxDepth = 1_000;

/** How much deeper what is inside a map, a set or an error lies in the lists that stand for them. */
const levelsOfRich = 2;

/**
 * Copies a state in one synchronous walk. The copy shares nothing with it. The values in it that JSON does not have are
 * added to `beyondJson` on the way, but for those inside another of them.
 *
 * @throws AgentStoreError `UNSERIALIZABLE`, with the path, where the state holds what cannot be kept: a function, a
 * symbol, a class instance, a cycle, more than 1,000 levels; or where a required field is missing.
 */
export function copyState(state: unknown, beyondJson: ValueBeyondJson[] = []): AgentState {
  const walk = new CopyWalk('state', beyondJson);
  const copy = walk.start(state);
  if (!isRecord(copy)) throw walk.refusal(0, 'is not a plain object');
  if (isAgentState(copy)) return copy;
  throw unserializable(`state.${findInvalidField(copy)}`, 'is missing or has another type');
}

/**
 * Copies what a serializer returned, which may hold the values of JSON and nothing else.
 *
 * @throws AgentStoreError `UNSERIALIZABLE`, with the path, where it holds anything else.
 */
export function copyPlainData(data: unknown): PlainData {
  return new CopyWalk('serialized', null).start(data) as PlainData;
}

/**
 * Copies a state that has been serialized, checking that no more is in it than a backend can keep.
 *
 * @throws AgentStoreError `UNSERIALIZABLE`, with the path, where there is.
 */
export function copySerialized(state: SerializedState): SerializedState {
  if (state instanceof Uint8Array) return new Uint8Array(state);
  if (!(state instanceof AnnotatedData)) return copyPlainData(state);
  return new AnnotatedData(copyPlainData(state.data), copyPlainData(state.notes));
}

class CopyWalk {
  readonly #root: string;
  /** Where values that JSON does not have are listed; `null` where they are refused. */
  readonly #beyondJson: ValueBeyondJson[] | null;
  /** The steps to, and the objects around, the value at hand. What lies deeper is left from an earlier one. */
  readonly #path: ValueStep[] = [];
  readonly #ancestors: object[] = [];
  #depth = 0;
  /** Levels besides those of the path, in what stands for the rich values around the value at hand. */
  #addedLevels = 0;

  constructor(root: string, beyondJson: ValueBeyondJson[] | null) {
    this.#root = root;
    this.#beyondJson = beyondJson;
  }

  start(value: unknown): unknown {
    try {
      return this.#copy(value, 0);
    } catch (cause) {
      if (cause instanceof AgentStoreError) throw cause;
      // A getter or a proxy that throws, or a stack that is nearly used up already.
      throw this.refusal(this.#depth, 'cannot be read', cause);
    }
  }

  #copy(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        if (Number.isFinite(value) && !Object.is(value, -0)) return value;
        if (this.#beyondJson === null)
          throw this.refusal(depth, `is ${Object.is(value, -0) ? '-0' : value}, which JSON cannot hold`);
        return this.#list(value, depth);
      case 'object':
        return value === null ? null : this.#copyObject(value, depth);
      case 'undefined':
      case 'bigint':
        if (this.#beyondJson !== null) return this.#list(value, depth);
    }
    throw this.refusal(depth, `is a ${typeof value}`);
  }

  #copyObject(value: object, depth: number): unknown {
    if (this.#beyondJson !== null && depth + this.#addedLevels > maxDepth)
      throw this.refusal(depth, `is more than ${maxDepth} levels deep`);
    for (let level = 0; level < depth; level++)
      if (this.#ancestors[level] === value) throw this.refusal(depth, 'is an object that contains itself');
    this.#ancestors[depth] = value;
    this.#depth = depth;
    if (Array.isArray(value)) return this.#copyList(value, depth);
    if (isRecord(value)) return this.#copyRecord(value, depth);
    const copy = this.#beyondJson === null ? undefined : this.#copyWholeRich(value, depth);
    if (copy === undefined) throw this.refusal(depth, `is an instance of ${className(value)}`);
    return this.#list(copy, depth);
  }

  #copyInside(step: ValueStep, value: unknown, depth: number): unknown {
    this.#path[depth] = step;
    return this.#copy(value, depth + 1);
  }

  #copyList(list: readonly unknown[], depth: number): unknown[] {
    if (Object.keys(list).length !== list.length)
      throw this.refusal(depth, 'is a list with holes or properties');
    return list.map((value, index) => this.#copyInside(index, value, depth));
  }

  #copyRecord(record: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
    if (Object.getOwnPropertySymbols(record).length > 0) throw this.refusal(depth, 'has a symbol as a key');
    // All at once, which is faster than key by key; then what is not a text is replaced by its copy.
    const copy = { ...record };
    for (const key of Object.keys(copy)) {
      const value = copy[key];
      if (typeof value !== 'string') copy[key] = this.#copyInside(key, value, depth);
    }
    return copy;
  }

  /** Notes a value where it is not inside one that is noted itself. */
  #list<T>(value: T, depth: number): T {
    if (this.#beyondJson === null || this.#addedLevels > 0) return value;
    const path = this.#path.slice(0, depth).filter((step) => typeof step !== 'object');
    this.#beyondJson.push({ path, value });
    return value;
  }

  #copyWholeRich(value: object, depth: number): object | undefined {
    this.#addedLevels += levelsOfRich;
    const copy = this.#copyRich(value, depth);
    this.#addedLevels -= levelsOfRich;
    return copy;
  }

  #copyRich(value: object, depth: number): object | undefined {
    if (isExactly(value, Date)) return new Date(this.#bare(value, depth).getTime());
    if (isExactly(value, URL)) return new URL(this.#bare(value, depth).href);
    if (isExactly(value, Map)) return this.#copyMap(this.#bare(value, depth), depth);
    if (isExactly(value, Set)) return this.#copySet(this.#bare(value, depth), depth);
    if (value instanceof Error) return this.#copyError(value, depth);
    return isBinary(value) ? createBinary(String(binaryClassName(value)), bytesOf(value)) : undefined;
  }

  /** The value itself, refused where it carries properties besides what it holds. */
  #bare<T extends object>(value: T, depth: number): T {
    if (Object.keys(value).length > 0) throw this.refusal(depth, 'has properties of its own');
    return value;
  }

  #copyMap(map: ReadonlyMap<unknown, unknown>, depth: number): Map<unknown, unknown> {
    let index = 0;
    const copy = new Map();
    for (const [key, value] of map) {
      const keyCopy = this.#copyInside({ words: `.key(${index})` }, key, depth);
      copy.set(keyCopy, this.#copyInside({ words: `.value(${index})` }, value, depth));
      index++;
    }
    return copy;
  }

  #copySet(set: ReadonlySet<unknown>, depth: number): Set<unknown> {
    let index = 0;
    const copy = new Set();
    for (const value of set) copy.add(this.#copyInside({ words: `.value(${index++})` }, value, depth));
    return copy;
  }

  #copyError(error: Error, depth: number): Error | undefined {
    const ErrorClass = errorClasses.find((known) => isExactly(error, known));
    if (ErrorClass === undefined) return undefined;
    const copy = new ErrorClass();
    for (const key of Object.getOwnPropertyNames(error)) {
      const value = this.#copyInside(key, Reflect.get(error, key), depth);
      const enumerable = Object.prototype.propertyIsEnumerable.call(error, key);
      Object.defineProperty(copy, key, { value, enumerable, writable: true, configurable: true });
    }
    return copy;
  }

  refusal(depth: number, problem: string, cause?: unknown): AgentStoreError {
    return unserializable(formatValuePath(this.#root, this.#path.slice(0, depth)), problem, cause);
  }
}

function unserializable(path: string, problem: string, cause?: unknown): AgentStoreError {
  return new AgentStoreError('UNSERIALIZABLE', `${path} ${problem}.`, cause === undefined ? {} : { cause });
}
