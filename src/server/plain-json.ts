/** What JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const maxDepth = 1_000;

/**
 * A value as JSON can say it, for a reader outside: dates as ISO text, `bigint` as decimal text, a `Map` as an object where all its keys are
 * text and as pairs elsewhere, a `Set` as a list, bytes as base64. Never throws. `undefined`, functions and symbols are
 * left out; what has no value in JSON, and a cycle, is `null`. An error has no `stack`, nor has what lies under a key `error`.
 */
export function toPlainJson(value: unknown): Json {
  return new PlainWalk().copy(value, false) ?? null;
}

class PlainWalk {
  readonly #ancestors = new Set<object>();

  /** `undefined` where the value is left out. */
  copy(value: unknown, inError: boolean): Json | undefined {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) ? value : null;
      case 'bigint':
        return value.toString();
      case 'object':
        return value === null ? null : this.#copyObject(value, inError);
      default:
        return undefined;
    }
  }

  #copyObject(value: object, inError: boolean): Json | undefined {
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

  #describe(value: object, inError: boolean): Json | undefined {
    if (Array.isArray(value)) return this.#copyList(value, inError);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof Map) return this.#copyMap(value, inError);
    if (value instanceof Set) return this.#copyList([...value], inError);
    if (value instanceof Error) return this.#copyError(value);
    if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64');
    if (ArrayBuffer.isView(value)) return this.#copyView(value);
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.copy(value.toJSON(), inError);
    if (value instanceof Number || value instanceof String || value instanceof Boolean) {
      return this.copy(value.valueOf(), inError);
    }
    return this.#copyEntries(Object.entries(value), inError);
  }

  #copyList(list: readonly unknown[], inError: boolean): Json[] {
    return Array.from(list, (item) => this.copy(item, inError) ?? null);
  }

  #copyEntries(entries: Iterable<readonly [string, unknown]>, inError: boolean): { [key: string]: Json } {
    const plain: [string, Json][] = [];
    for (const [key, value] of entries) {
      if (inError && key === 'stack') continue;
      const copy = this.copy(value, inError || key === 'error');
      if (copy !== undefined) plain.push([key, copy]);
    }
    return Object.fromEntries(plain);
  }

  #copyMap(map: ReadonlyMap<unknown, unknown>, inError: boolean): Json {
    const entries: [string, unknown][] = [];
    for (const [key, value] of map) {
      if (typeof key !== 'string') return this.#copyList([...map], inError);
      entries.push([key, value]);
    }
    return this.#copyEntries(entries, inError);
  }

  #copyError(error: Error): Json {
    const entries: [string, unknown][] = Object.entries(error);
    if (error.cause !== undefined) entries.push(['cause', error.cause]);
    return this.#copyEntries([['name', error.name], ['message', error.message], ...entries], true);
  }

  #copyView(view: ArrayBufferView): Json {
    if (view instanceof Uint8Array || view instanceof DataView) {
      return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64');
    }
    return Symbol.iterator in view
      ? this.#copyList([...(view as Iterable<unknown> & ArrayBufferView)], false)
      : null;
  }
}
