import { hash } from '../hash.js';
import type { RecordKey } from '../key-schema.js';
import { type ListableRecords, listKeys } from '../list-keys.js';
import type { RecordStore } from '../record-store.js';
import { findRecord } from './find-record.js';

/** The names of parts are in every head of a history: whole hours have few digits, and most parts of a history share them. */
const hour = 3_600_000;

/** Of base 36: enough until the year 2161. */
const hourDigits = 4;

/** Follows the hours in a name. Earlier builds wrote a dot, or no hours, and keys that do not say what the part belongs to. */
const mark = '~';

/**
 * The name of a part that is written at a time, in milliseconds: by it alone, its age is known to whoever finds it with nothing that
 * names it.
 */
export function createPartName(time: number, unique: string): string {
  const hours = Math.max(Math.floor(time / hour), 0);
  return `${hours.toString(36).padStart(hourDigits, '0')}${mark}${unique}`;
}

/** The latest that the part of that name can have been written, in milliseconds; `undefined` if its name does not say. */
export function timeOfPart(name: string): number | undefined {
  const [, hours] = /^([0-9a-z]{4})[.~][\w-]*$/.exec(name) ?? [];
  return hours === undefined ? undefined : (Number.parseInt(hours, 36) + 1) * hour;
}

/** The name in the key of a part, behind the prefix of all parts. */
export function nameOfPart(key: string): string {
  const [, name = key] = /^[\w-]{22}#(.*)$/s.exec(key) ?? [];
  return name;
}

/** The parts that there are of a whole. */
export interface FoundParts {
  readonly parts: number;
  /** Those of them that nothing names: a killed write has left them, or they are of one that is under way. */
  readonly unnamed: readonly RecordKey[];
}

/** The keys of the parts of one whole: of a state or a history, which its record names, or of all that the turns of a session have said. */
export class PartKeys {
  readonly #partKeyPrefix: string;
  readonly #kind: 'state' | 'history' | 'events';
  readonly #whole: RecordKey;
  #prefix: string | undefined;

  constructor(partKeyPrefix: string, kind: 'state' | 'history' | 'events', whole: RecordKey) {
    this.#partKeyPrefix = partKeyPrefix;
    this.#kind = kind;
    this.#whole = whole;
  }

  /** Gives the key of each part by the part's name, whichever build has written it. */
  byName(): (name: string) => RecordKey {
    const { partition } = this.#whole;
    const prefix = this.#getPrefix();
    return (name) => ({
      partition,
      sort: `${name[hourDigits] === mark ? prefix : this.#partKeyPrefix}${name}`,
    });
  }

  /** The sort keys of all parts, also of those that nothing names; but not of those that earlier builds have written. */
  async list(records: ListableRecords): Promise<ReadonlySet<string>> {
    const listed = new Set<string>();
    for await (const sorts of listKeys(records, this.#whole.partition, this.#getPrefix()))
      for (const sort of sorts) listed.add(sort);
    return listed;
  }

  /**
   * @param listed - What the list has found, before somebody looked for what names them.
   * @param named - All that are named, whether or not they are there.
   */
  async find(
    records: RecordStore,
    listed: ReadonlySet<string>,
    named: readonly RecordKey[],
  ): Promise<FoundParts> {
    const { partition } = this.#whole;
    const names = new Set(named.map(({ sort }) => sort));
    const others = named.filter(({ sort }) => !listed.has(sort));
    const found = await Promise.all(others.map((key) => findRecord(records, key)));
    return {
      parts: listed.size + found.filter((record) => record !== null).length,
      unnamed: [...listed].filter((sort) => !names.has(sort)).map((sort) => ({ partition, sort })),
    };
  }

  #getPrefix(): string {
    this.#prefix ??= toPrefix(this.#partKeyPrefix, `${this.#kind}\n${this.#whole.sort}`);
    return this.#prefix;
  }
}

export async function removeKeys(records: RecordStore, keys: readonly RecordKey[]): Promise<void> {
  await Promise.all(keys.map((key) => records.delete(key, null)));
}

/**
 * What the keys of the parts of a whole begin with, and of no other. A hash has one length, whatever the id, and no `#` in it. It is of
 * the key and not of the id: a key schema may put the sessions of several agents beside each other.
 */
function toPrefix(partKeyPrefix: string, whole: string): string {
  return `${partKeyPrefix}${hash(whole)}#`;
}
