import { kindOf, nearestKindOf } from './kinds.js';
import type { PlainData } from './plain-data.js';
import type { JsonWriter, ValueKind } from './value-kind.js';
import { maxDepth } from './walk.js';

/**
 * A value as JSON can say it, for a reader outside: dates as ISO text, `bigint` as decimal text, a `Map` as an object if all its
 * keys are text and as pairs otherwise, a `Set` as a list, bytes as base64. Never throws. `undefined`, functions and symbols are
 * left out; what has no value in JSON, and a cycle, is `null`. An error has no `stack`, nor has what lies under a key `error`.
 */
export function toPlainJson(value: unknown): PlainData {
  return new PlainWalk().copy(value, false) ?? null;
}

class PlainWalk {
  readonly #ancestors = new Set<object>();
  readonly #writer = this.#createWriter(false);
  readonly #errorWriter = this.#createWriter(true);

  /** `undefined` if the value is left out. */
  copy(value: unknown, inError: boolean): PlainData | undefined {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'object') return this.#copyObject(value, inError);
    const kind = kindOf(value);
    if (kind !== undefined && value !== undefined) return this.#show(kind, value, inError);
    return typeof value === 'number' ? value : undefined;
  }

  #copyObject(value: object, inError: boolean): PlainData | undefined {
    if (this.#ancestors.has(value) || this.#ancestors.size >= maxDepth) return null;
    this.#ancestors.add(value);
    try {
      return this.#describe(value, inError);
    } catch {
      return null; // A getter, a proxy or a `toJSON` that throws has no value to show.
    } finally {
      this.#ancestors.delete(value);
    }
  }

  #describe(value: object, inError: boolean): PlainData | undefined {
    if (Array.isArray(value)) return this.#copyList(value, inError);
    const kind = nearestKindOf(value);
    if (kind !== undefined) return this.#show(kind, value, inError);
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.copy(value.toJSON(), inError);
    if (/ (Number|String|Boolean)\]/.test(Object.prototype.toString.call(value)))
      return this.copy(value.valueOf(), inError);
    return this.#copyEntries(Object.entries(value), inError);
  }

  #show(kind: ValueKind, value: unknown, inError: boolean): PlainData {
    if (kind.toJson !== undefined) return kind.toJson(value, inError ? this.#errorWriter : this.#writer);
    // What is shown as it is stored holds nothing else.
    return kind.toPlain(value, () => null);
  }

  #createWriter(inError: boolean): JsonWriter {
    return {
      list: (values) => this.#copyList(values, inError),
      object: (entries) => this.#copyEntries(entries, inError),
      error: (entries) => this.#copyEntries(entries, true),
    };
  }

  #copyList(list: readonly unknown[], inError: boolean): PlainData {
    return Array.from(list, (item) => this.copy(item, inError) ?? null);
  }

  #copyEntries(entries: Iterable<readonly [string, unknown]>, inError: boolean): PlainData {
    const plain: [string, PlainData][] = [];
    for (const [key, value] of entries) {
      if (inError && key === 'stack') continue;
      const copy = this.copy(value, inError || key === 'error');
      if (copy !== undefined) plain.push([key, copy]);
    }
    return Object.fromEntries(plain);
  }
}
