import type { RecordKey } from '../../domain/key-schema.js';
import type {
  Expectation,
  NewRecord,
  PutResult,
  RecordStore,
  StoredRecord,
} from '../../domain/record-store.js';
import { copySerialized } from '../../domain/state-copy.js';

type Entry = Pick<NewRecord, 'revision' | 'expiresAt' | 'state'>;

/**
 * Records in this process. What was written is nobody else's, and each reader gets a copy: nothing stored is shared.
 *
 * @example
 * // Two processes over one table.
 * const records = new InMemoryRecordStore();
 * const before = new InMemoryAgentStore({ agentId: 'support', records });
 * const afterRestart = new InMemoryAgentStore({ agentId: 'support', records });
 */
export class InMemoryRecordStore implements RecordStore {
  readonly #entries = new Map<string, Entry>();
  #revisions = 0;

  createRevision(): string {
    return String(++this.#revisions);
  }

  async get(key: RecordKey): Promise<StoredRecord | null> {
    const entry = this.#entries.get(toEntryName(key));
    return entry === undefined ? null : toStoredRecord(entry);
  }

  async put(
    key: RecordKey,
    { revision, expiresAt, state }: NewRecord,
    expected: Expectation | null,
  ): Promise<PutResult> {
    const name = toEntryName(key);
    const current = this.#entries.get(name);
    if (expected !== null && !isMet(expected, current)) {
      return { written: false, ...(current !== undefined && { current: toStoredRecord(current) }) };
    }
    this.#entries.set(name, { revision, state, ...(expiresAt !== undefined && { expiresAt }) });
    return { written: true };
  }

  async delete(key: RecordKey): Promise<void> {
    this.#entries.delete(toEntryName(key));
  }
}

/** One name for two strings: no other pair of strings gives the same. */
function toEntryName({ partition, sort }: RecordKey): string {
  return `${partition.length}:${partition}${sort}`;
}

function isMet({ absent, revisions, now }: Expectation, current: Entry | undefined): boolean {
  const isGone =
    current === undefined || (current.expiresAt !== undefined && current.expiresAt * 1000 <= now);
  return isGone ? absent : revisions.includes(current.revision);
}

function toStoredRecord({ revision, expiresAt, state }: Entry): StoredRecord {
  return {
    revision,
    ...(expiresAt !== undefined && { expiresAt }),
    read: () => copySerialized(state),
  };
}
