import type { RecordKey } from '../../domain/key-schema.js';
import type {
  Expectation,
  NewRecord,
  PutResult,
  RecordStore,
  StoredRecord,
} from '../../domain/record-store.js';
import { fromStateText } from '../../domain/state-text.js';

type Entry = Pick<NewRecord, 'revision' | 'expiresAt' | 'text'>;

/** Records in this process, each as text, so that nothing stored is shared with anybody. */
export class InMemoryRecordStore implements RecordStore {
  readonly #entries = new Map<string, Entry>();

  async get(key: RecordKey): Promise<StoredRecord | null> {
    const entry = this.#entries.get(toEntryName(key));
    return entry === undefined ? null : toStoredRecord(entry);
  }

  async put(
    key: RecordKey,
    { revision, expiresAt, text }: NewRecord,
    expected: Expectation | null,
  ): Promise<PutResult> {
    const name = toEntryName(key);
    const current = this.#entries.get(name);
    if (expected !== null && !isMet(expected, current)) {
      return { written: false, ...(current !== undefined && { current: toStoredRecord(current) }) };
    }
    this.#entries.set(name, { revision, text, ...(expiresAt !== undefined && { expiresAt }) });
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

function toStoredRecord({ revision, expiresAt, text }: Entry): StoredRecord {
  return {
    revision,
    ...(expiresAt !== undefined && { expiresAt }),
    read: () => fromStateText(typeof text === 'string' ? text : text.slice()),
  };
}
