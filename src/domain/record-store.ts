import type { RecordKey } from './key-schema.js';
import type { PlainData, SerializedData } from './values/plain-data.js';
import type { Snapshot } from './values/snapshot.js';

/**
 * A record as a backend found it.
 *
 * @example
 * const stored: StoredRecord = { revision: 'r1', read: () => fromStateText('{"json":{}}') };
 */
export interface StoredRecord {
  /** Changes with every write. A backend keeps it and compares it, and reads nothing else in it. */
  readonly revision: string;
  /** When the record expires, in Unix seconds; absent if it does not expire. */
  readonly expiresAt?: number;
  /** The fencing token that it was written with, if there was one. */
  readonly token?: number;
  /** The `lineage` that it was written with, if there was one. */
  readonly lineage?: string;
  /** The `parts` that it was written with, if there were any. */
  readonly parts?: string;
  /** The `snapshot` that it was written with, if there was one. */
  readonly snapshot?: Snapshot;
  /**
   * What was stored. Throws if it cannot be read.
   *
   * @param maxBytes - The most bytes that its text, or its bytes, may have. More than that is `TOO_LARGE`, which is thrown
   * before anything is parsed or expanded any further.
   */
  read(maxBytes: number): SerializedData | Promise<SerializedData>;
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
  readonly token?: number;
  /** The last revisions that the record had before, in base64url without padding; absent if there are none. */
  readonly lineage?: string;
  /** Which other records hold its data, as JSON; absent if none do. Only given to a backend that has `maxRecordBytes`. */
  readonly parts?: string;
  /** When it was made, in milliseconds. */
  readonly updatedAt: number;
  /** What the record is about, such as `'agent-state'`, for people and tools that look at the records. */
  readonly entityType: string;
  readonly data: SerializedData;
  /** What the data is made of, if the record is for a backend in this process, which may keep it in place of the data. */
  readonly snapshot?: Snapshot;
  /** Values of the user's own beside the data; only given to a backend whose options ask for them. */
  readonly attributes?: Readonly<Record<string, PlainData>>;
  /** True if few bytes are worth more than a form that people can read at once. Only a backend that has `writeUnits` heeds it. */
  readonly prefersCompact?: boolean;
  /** The same data as text, or as bytes if it is bytes, for a backend that keeps nothing else. Made when it is first read. */
  readonly text: string | Uint8Array;
  /** That text in UTF-8, if it has been encoded already: a long text takes long to encode once more. */
  readonly utf8?: Uint8Array;
}

/**
 * What must be stored for a write to take place; a record that has expired counts as not there.
 *
 * @example
 * const isMet = ({ absent, revisions }: Expectation, stored: string | null) =>
 *   stored === null ? absent : revisions.includes(stored);
 */
export interface Expectation {
  /** Write if there is no record. */
  readonly absent: boolean;
  /** Write over a record with one of these revisions. */
  readonly revisions: readonly string[];
  /** The current time in milliseconds, which decides what has expired. */
  readonly now: number;
  /** If given, a record with a larger token stays, even if it has expired. */
  readonly token?: number;
}

/**
 * A write that did not take place.
 *
 * @example
 * const refused: RefusedWrite = { written: false };
 */
export interface RefusedWrite {
  readonly written: false;
  /** The record in its way, if there is one. */
  readonly current?: StoredRecord;
  /** The backend's own refusal, without any data in it. */
  readonly cause?: unknown;
}

/**
 * What became of a write.
 *
 * @example
 * const result: WriteResult = { written: true };
 */
export type WriteResult = { readonly written: true } | RefusedWrite;

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
 * What a backend charges for a write, if it counts in whole units.
 *
 * @example
 * const writeUnits: WriteUnits = { bytes: 1_024, measure: (text) => Buffer.byteLength(text) };
 */
export interface WriteUnits {
  /** The bytes that one unit pays for. */
  readonly bytes: number;
  /** How many bytes a text takes in a record that prefers to be compact. */
  measure(text: string): number;
}

/**
 * What a backend implements: one record at a time, each method one atomic step. All policy is in the domain, which calls it.
 *
 * A failure is an `AgentStoreError` without ids, which the caller adds: `UNAVAILABLE` if the outcome is not known,
 * another code only if nothing was written. Anything else that is thrown counts as `UNAVAILABLE`.
 *
 * @example
 * const records: RecordStore = new InMemoryRecordStore();
 * const agentStore = createAgentStore(records, { agentId: 'support' });
 */
export interface RecordStore {
  readonly keyLimits?: KeyLimits;
  /**
   * How many bytes of text one record always holds, whatever the text. If it is given, data that `put` refuses as `TOO_LARGE`
   * is spread over several records. If it is left out, the save fails with that error.
   */
  readonly maxRecordBytes?: number;
  /** How large a write may be for its price. If it is left out, all bytes cost the same. */
  readonly writeUnits?: WriteUnits;
  /** True if a record's `text` is all that is read of what it holds: `data` is then made only if it is asked for. @defaultValue `false` */
  readonly keepsText?: boolean;
  /** True if nothing outside of this process can reach the records: their revisions can then be short, and what the default serializer would make data of has a `snapshot`. @defaultValue `false` */
  readonly isLocal?: boolean;
  /**
   * The record under a key, an expired one included, or `null`.
   *
   * @param isFresh - True if the read must see all earlier writes, also in a backend that is set to cheaper, later ones.
   */
  get(key: RecordKey, isFresh?: boolean): Promise<StoredRecord | null>;
  /** Writes a record if what is stored meets the expectation, or in any case if that is `null`. */
  put(key: RecordKey, record: NewRecord, expected: Expectation | null): Promise<WriteResult>;
  /** Removes what is stored under a key if it meets the expectation, or in any case if that is `null`. */
  delete(key: RecordKey, expected: Expectation | null): Promise<WriteResult>;
  /** Closes what the backend opened itself. Called once. */
  close?(): Promise<void>;
}

/**
 * True if what a backend has found meets an expectation: for backends that compare in their own code.
 *
 * @example
 * const expected: Expectation = { absent: true, revisions: [], now: Date.now() };
 * isExpectationMet(expected, null); // true: nothing is stored, and nothing is expected
 */
export function isExpectationMet(
  { absent, revisions, now, token }: Expectation,
  stored: Pick<StoredRecord, 'revision' | 'expiresAt' | 'token'> | null,
): boolean {
  if (stored === null) return absent;
  if (token !== undefined && stored.token !== undefined && stored.token > token) return false;
  const isGone = stored.expiresAt !== undefined && stored.expiresAt * 1000 <= now;
  return isGone ? absent : revisions.includes(stored.revision);
}
