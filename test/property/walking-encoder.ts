import { isRecord, setOwn } from '../../src/domain/values/objects.js';
import { formatNotesPath } from '../../src/domain/values/path.js';
import { AnnotatedData, type PlainData, type SerializedData } from '../../src/domain/values/plain-data.js';
import { extendedSuperjson } from '../superjson/extended-superjson.js';

/** What the default serializer makes of a state, found the slow way: it looks at every value and asks superjson for each that is rich. */
export function walkAndEncode(state: object): SerializedData {
  const walk = new EncodeWalk();
  const data = walk.encodeRecord(state, 0);
  return walk.rich.length === 0 ? annotate(data, walk.notes) : encodeRich(data, walk);
}

function encodeRich(data: PlainData, { notes, rich }: EncodeWalk): SerializedData {
  for (const { value, notesPath, put } of rich) {
    const { json, meta } = extendedSuperjson.serialize(value);
    put(json as PlainData);
    setOwn(notes, notesPath, meta?.values);
  }
  return annotate(data, notes);
}

function annotate(data: PlainData, notes: Record<string, PlainData>): SerializedData {
  const isUsual = Object.keys(notes).length === 2 && dateFields.every((field) => notes[field] === dateNote);
  return isUsual ? data : new AnnotatedData(data, { values: notes, v: 1 });
}

const dateNote: PlainData = ['Date'];
const undefinedNote: PlainData = ['undefined'];

/** A value that superjson must write, and where its plain form goes. */
interface RichValue {
  readonly value: unknown;
  readonly notesPath: string;
  readonly put: (plain: PlainData) => void;
}

const dateFields = ['createdAt', 'lastActivity'];

class EncodeWalk {
  readonly notes: Record<string, PlainData> = {};
  readonly rich: RichValue[] = [];
  readonly #path: (string | number)[] = [];

  encodeRecord(record: object, depth: number): PlainData {
    const plain: Record<string, PlainData> = {};
    for (const [key, value] of Object.entries(record)) {
      const put = (encoded: PlainData) => setOwn(plain, key, encoded);
      this.#encodeInto(key, value, depth, put);
    }
    return plain;
  }

  #encodeList(list: readonly unknown[], depth: number): PlainData {
    // What `undefined` leaves behind in a list is null: its place must not be lost.
    const plain: PlainData[] = list.map(() => null);
    list.forEach((value, index) => {
      this.#encodeInto(index, value, depth, (encoded) => {
        plain[index] = encoded;
      });
    });
    return plain;
  }

  #encodeInto(key: string | number, value: unknown, depth: number, put: (encoded: PlainData) => void): void {
    this.#path[depth] = key;
    if (value === undefined) this.#note(depth, undefinedNote);
    else if (isJsonPrimitive(value)) put(value);
    else if (Array.isArray(value)) put(this.#encodeList(value, depth + 1));
    else if (isRecord(value)) put(this.encodeRecord(value, depth + 1));
    else if (value instanceof Date && !Number.isNaN(value.getTime())) {
      this.#note(depth, dateNote);
      put(value.toISOString());
    } else this.rich.push({ value, notesPath: this.#notesPath(depth), put });
  }

  #note(depth: number, note: PlainData): void {
    setOwn(this.notes, this.#notesPath(depth), note);
  }

  #notesPath(depth: number): string {
    return formatNotesPath(this.#path.slice(0, depth + 1));
  }
}

function isJsonPrimitive(value: unknown): value is null | boolean | number | string {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === 'string' || typeof value === 'boolean' || value === null;
}
