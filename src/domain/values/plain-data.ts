import { isBytes } from './built-in.js';

/**
 * What every backend can keep: the values of JSON.
 *
 * @example
 * const plain: PlainData = { turnCount: 1, names: ['Ada', null] };
 */
export type PlainData =
  | null
  | boolean
  | number
  | string
  | readonly PlainData[]
  | { readonly [key: string]: PlainData };

/** By this, another copy of the package in the same process knows annotated data. */
const brand = Symbol.for('@looopy-ai/aws/annotated-data');

/**
 * Plain data that anyone can read, with notes beside it that say what it was.
 *
 * A backend keeps the two apart if it can, so that code which knows nothing of the notes can read the data. `instanceof` is true
 * for what another copy of the package has made, too.
 *
 * @example
 * const annotated = new AnnotatedData({ at: '2026-01-02T03:04:05.678Z' }, { at: 'a date' });
 */
export class AnnotatedData {
  static {
    Object.defineProperty(AnnotatedData.prototype, brand, { value: true });
  }

  static [Symbol.hasInstance](value: unknown): value is AnnotatedData {
    return typeof value === 'object' && value !== null && brand in value;
  }

  constructor(
    readonly data: PlainData,
    readonly notes: PlainData,
  ) {}
}

/**
 * What a serializer makes of a value, and what a record holds.
 *
 * @example
 * const isBytes = (data: SerializedData) => data instanceof Uint8Array;
 */
export type SerializedData = PlainData | AnnotatedData | Uint8Array;

/** A copy of what has been checked before, which shares nothing with it. */
export function cloneSerialized(serialized: SerializedData): SerializedData {
  if (isBytes(serialized)) return new Uint8Array(serialized);
  if (!(serialized instanceof AnnotatedData)) return clonePlainData(serialized);
  return new AnnotatedData(clonePlainData(serialized.data), clonePlainData(serialized.notes));
}

function clonePlainData(data: PlainData): PlainData {
  if (typeof data !== 'object' || data === null) return data;
  if (isList(data)) return data.map(clonePlainData);
  const clone: Record<string, PlainData> = { ...data };
  for (const key of Object.keys(clone)) {
    const value = clone[key];
    if (typeof value === 'object') clone[key] = clonePlainData(value);
  }
  return clone;
}

export function isList(data: PlainData): data is readonly PlainData[] {
  return Array.isArray(data);
}
