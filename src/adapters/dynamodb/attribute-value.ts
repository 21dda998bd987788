import { AgentStoreError } from '../../domain/errors.js';
import { isRecord, setOwn } from '../../domain/values/objects.js';
import { formatValuePath } from '../../domain/values/path.js';
import { isList, type PlainData } from '../../domain/values/plain-data.js';
import { elementBytes, flagBytes, listBytes, numberSize, textSize } from './value-size.js';

/** A value as DynamoDB's API writes it, of the types that this store uses. */
export type AttributeValue =
  | { S: string }
  | { N: string }
  | { B: Uint8Array }
  | { BOOL: boolean }
  | { NULL: true }
  | { L: AttributeValue[] }
  | { M: Record<string, AttributeValue> };

export type Item = Record<string, AttributeValue>;

/** A value, and what DynamoDB counts for it. */
export interface MeasuredValue {
  readonly value: AttributeValue;
  readonly bytes: number;
}

/** Lists and maps inside each other that DynamoDB keeps in one attribute. */
const maxNesting = 31;

/** The sizes of DynamoDB's numbers: below the first, and not below the second. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const tooLargeNumber = 1e126;
const smallestNumber = 1e-130;

/**
 * Plain data in DynamoDB's own types. The client's marshaller will not do: it obeys options of the user's and refuses keys such
 * as `constructor`.
 *
 * @throws AgentStoreError `UNSERIALIZABLE`, with the path, if DynamoDB has no type for a value.
 */
export function toAttributeValue(data: PlainData): MeasuredValue {
  const walk = new MarshalWalk('state');
  const value = walk.convert(data, 0);
  return { value, bytes: walk.bytes };
}

/** The same for each of several values, by name. */
export function toAttributes(values: Readonly<Record<string, PlainData>>, root: string): Item {
  return new MarshalWalk(root).convertMap(values, 0);
}

class MarshalWalk {
  /** Of what has been converted. A walk of its own would take as long as this one. */
  bytes = 0;
  readonly #path: (string | number)[] = [];

  constructor(private readonly root: string) {}

  convert(data: PlainData, depth: number): AttributeValue {
    if (data === null || typeof data === 'boolean') {
      this.bytes += flagBytes;
      return data === null ? { NULL: true } : { BOOL: data };
    }
    if (typeof data === 'string') return { S: this.#checkText(data, depth) };
    if (typeof data === 'number') return { N: this.#checkNumber(data, depth) };
    if (depth >= maxNesting) throw this.#refusal(depth, `is nested more than ${maxNesting} levels deep`);
    this.bytes += listBytes;
    if (isList(data)) return { L: data.map((element, index) => this.#convertInside(index, element, depth)) };
    return { M: this.convertMap(data, depth) };
  }

  convertMap(data: Readonly<Record<string, PlainData>>, depth: number): Item {
    const map: Item = {};
    for (const key of Object.keys(data)) {
      if (key === '') throw this.#refusal(depth, 'has an empty key');
      // DynamoDB would keep it; the SDK loses it on the way.
      if (key === '__proto__') throw this.#refusal(depth, 'has the key "__proto__"');
      map[this.#checkText(key, depth)] = this.#convertInside(key, data[key] ?? null, depth);
    }
    return map;
  }

  #convertInside(step: string | number, data: PlainData, depth: number): AttributeValue {
    this.#path[depth] = step;
    this.bytes += elementBytes;
    return this.convert(data, depth + 1);
  }

  #checkText(text: string, depth: number): string {
    const bytes = textSize(text);
    this.bytes += bytes;
    // As many bytes as characters are ASCII.
    if (bytes === text.length || text.isWellFormed()) return text;
    throw this.#refusal(depth, 'holds text that is not well-formed Unicode');
  }

  #checkNumber(value: number, depth: number): string {
    const size = Math.abs(value);
    if (value === 0 || (size >= smallestNumber && size < tooLargeNumber)) {
      this.bytes += numberSize(value);
      return String(value);
    }
    throw this.#refusal(depth, 'is a number outside the range of DynamoDB');
  }

  #refusal(depth: number, problem: string): AgentStoreError {
    const path = formatValuePath(this.root, this.#path.slice(0, depth));
    return new AgentStoreError('UNSERIALIZABLE', `${path} ${problem}, which a native map cannot hold.`);
  }
}

/**
 * The plain data in a value that DynamoDB returned.
 *
 * @throws TypeError if it holds a set or binary data, which no release of this store has written into a state.
 */
export function fromAttributeValue(value: unknown): PlainData {
  if (isRecord(value)) {
    if (typeof value.S === 'string') return value.S;
    if (typeof value.N === 'string') return Number(value.N);
    if (typeof value.BOOL === 'boolean') return value.BOOL;
    if (value.NULL === true) return null;
    if (Array.isArray(value.L)) return value.L.map(fromAttributeValue);
    if (isRecord(value.M)) return fromAttributeMap(value.M);
  }
  throw new TypeError('The stored state holds a value that is not plain data, such as a set.');
}

function fromAttributeMap(map: Record<string, unknown>): PlainData {
  const record: Record<string, PlainData> = {};
  for (const [key, value] of Object.entries(map)) setOwn(record, key, fromAttributeValue(value));
  return record;
}
