import type { RecordKey } from '../../domain/key-schema.js';
import { type KeyListOptions, type KeyPage, type RecordIndex, toKeyPage } from '../../domain/record-index.js';
import {
  type Expectation,
  isExpectationMet,
  type NewRecord,
  type RecordStore,
  type StoredRecord,
  type WriteResult,
} from '../../domain/record-store.js';
import { requireDataSize } from '../../domain/values/data-size.js';
import { cloneSerialized, type SerializedData } from '../../domain/values/plain-data.js';
import type { Snapshot } from '../../domain/values/snapshot.js';

/** What is kept of a record, which is what a reader gets. */
class Entry implements StoredRecord {
  readonly revision: string;
  readonly expiresAt: number | undefined;
  readonly token: number | undefined;
  readonly lineage: string | undefined;
  readonly parts: string | undefined;
  readonly snapshot: Snapshot | undefined;
  readonly #data: SerializedData | undefined;

  constructor(record: NewRecord) {
    const { revision, expiresAt, token, lineage, parts, snapshot } = record;
    this.revision = revision;
    this.expiresAt = expiresAt;
    this.token = token;
    this.lineage = lineage;
    this.parts = parts;
    this.snapshot = snapshot;
    this.#data = snapshot === undefined ? record.data : undefined;
  }

  read(maxBytes: number): SerializedData {
    const data = this.#data ?? this.snapshot?.toData() ?? null;
    requireDataSize(data, maxBytes);
    return this.snapshot === undefined ? cloneSerialized(data) : data;
  }
}

/**
 * Records in this process. It keeps the data that it is given, which nobody may change afterwards, and gives each reader a copy.
 *
 * @example
 * // Two processes over one table.
 * const records = new InMemoryRecordStore();
 * const before = new InMemoryAgentStore({ agentId: 'support', records });
 * const afterRestart = new InMemoryAgentStore({ agentId: 'support', records });
 */
export class InMemoryRecordStore implements RecordStore, RecordIndex {
  readonly isLocal = true;
  readonly #entries = new Map<string, Entry>();

  async get(key: RecordKey): Promise<StoredRecord | null> {
    return this.#entries.get(toEntryName(key)) ?? null;
  }

  async put(key: RecordKey, record: NewRecord, expected: Expectation | null): Promise<WriteResult> {
    return this.#write(key, expected, (name) => this.#entries.set(name, new Entry(record)));
  }

  async delete(key: RecordKey, expected: Expectation | null): Promise<WriteResult> {
    return this.#write(key, expected, (name) => this.#entries.delete(name));
  }

  async keys(partition: string, { prefix, after = '', limit }: KeyListOptions): Promise<KeyPage> {
    const start = toEntryName({ partition, sort: prefix });
    const skipped = start.length - prefix.length;
    const names = [...this.#entries.keys()].filter((name) => name.startsWith(start));
    return toKeyPage(
      names.map((name) => name.slice(skipped)),
      after,
      limit,
    );
  }

  #write(key: RecordKey, expected: Expectation | null, write: (name: string) => void): WriteResult {
    const name = toEntryName(key);
    const current = this.#entries.get(name);
    if (expected !== null && !isExpectationMet(expected, current ?? null))
      return { written: false, ...(current !== undefined && { current }) };
    write(name);
    return { written: true };
  }
}

/** One name for two strings: no other pair of strings gives the same. */
function toEntryName({ partition, sort }: RecordKey): string {
  return `${partition.length}:${partition}${sort}`;
}
