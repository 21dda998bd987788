import type { RecordKey } from './key-schema.js';
import type { SerializedState } from './state-serializer.js';

/**
 * A record as a backend found it.
 *
 * @example
 * const stored: StoredRecord = { revision: 'r1', read: () => fromStateText('{"json":{}}') };
 */
export interface StoredRecord {
  /** Changes with every write; opaque to everybody but the backend and whoever made it. */
  readonly revision: string;
  /** When the record stops to exist, in Unix seconds; absent where it does not expire. */
  readonly expiresAt?: number;
  /** The state as it was serialized. Throws where what is stored cannot be read. */
  read(): SerializedState | Promise<SerializedState>;
}

/**
 * A record about to be written.
 *
 * @example
 * const toLine = ({ revision, expiresAt }: NewRecord) => JSON.stringify([revision, expiresAt ?? null]);
 */
export interface NewRecord {
  readonly revision: string;
  readonly expiresAt?: number;
  /** When it was saved, in milliseconds. */
  readonly updatedAt: number;
  readonly state: SerializedState;
  /** The same state in its text form, which may be made when it is first read. */
  readonly text: string | Uint8Array;
}

/**
 * What must be stored for a write to take place; a record that has expired counts as not there.
 *
 * @example
 * const isMet = ({ absent, revisions }: Expectation, stored: string | null) =>
 *   stored === null ? absent : revisions.includes(stored);
 */
export interface Expectation {
  /** Write where there is no record. */
  readonly absent: boolean;
  /** Write over a record with one of these revisions. */
  readonly revisions: readonly string[];
  /** The current time in milliseconds, which decides what has expired. */
  readonly now: number;
}

/**
 * A write that did not take place.
 *
 * @example
 * const refused: RefusedPut = { written: false };
 */
export interface RefusedPut {
  readonly written: false;
  /** The record in its way, where there is one. */
  readonly current?: StoredRecord;
  /** The backend's own refusal, without any state in it. */
  readonly cause?: unknown;
}

/**
 * What became of a write.
 *
 * @example
 * const result: PutResult = { written: true };
 */
export type PutResult = { readonly written: true } | RefusedPut;

/**
 * The longest key a backend keeps, in bytes of UTF-8.
 *
 * @example
 * const keyLimits: KeyLimits = { partition: 2_048, sort: 1_024 };
 */
export interface KeyLimits {
  readonly partition: number;
  readonly sort: number;
}

/**
 * What a backend implements: one record at a time, each method one atomic step. All policy is in
 * `PersistentAgentStore`, which calls it.
 *
 * A failure is an `AgentStoreError` without ids, which the caller adds: `UNAVAILABLE` where the outcome is not known,
 * another code only where nothing was written. Anything else that is thrown counts as `UNAVAILABLE`.
 *
 * @example
 * const records: RecordStore = new InMemoryRecordStore();
 * const agentStore = createAgentStore(records, { agentId: 'support' });
 */
export interface RecordStore {
  readonly keyLimits?: KeyLimits;
  /**
   * A revision that no other write to these records has. Only for a backend that nothing outside of this process can write to;
   * for any other the store makes one, which holds also where a copy of this process writes.
   */
  createRevision?(): string;
  /** The record under a key, expired ones included, or `null`. */
  get(key: RecordKey): Promise<StoredRecord | null>;
  /** Writes a record if what is stored meets the expectation; always, where there is none. */
  put(key: RecordKey, record: NewRecord, expected: Expectation | null): Promise<PutResult>;
  /** Removes whatever is stored under a key. */
  delete(key: RecordKey): Promise<void>;
  /** Closes what the backend opened itself. Called once. */
  close?(): Promise<void>;
}
