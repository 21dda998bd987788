import type { AgentState } from '../agent-state.js';
import { AgentStoreError, isAgentStoreError } from '../errors.js';
import type { Expectation, NewRecord, StoredRecord, WriteResult } from '../record-store.js';
import { neverSeen, type SeenContext } from './context-memory.js';
import { PartKeys } from './part-keys.js';
import {
  formatPartList,
  joinSlices,
  noParts,
  type PartList,
  parsePartList,
  readParts,
  removeParts,
  writeParts,
} from './parts.js';
import { changeRecord, corrupted, decodeState, readState, type Session } from './session-codec.js';
import type { StoreCore } from './store-core.js';

/** What is stored of a session, and what a reader has seen with it. The state is `null` if none is stored, or if it has expired. */
export interface StoredSession {
  readonly state: AgentState | null;
  readonly seen: SeenContext;
  /** In Unix seconds; absent if it does not expire. */
  readonly expiresAt?: number | undefined;
  /** True if the session is being deleted, and whoever finds it so may finish that. */
  readonly isDeleted?: boolean;
}

/** What reading takes. */
type ReadCore = Pick<StoreCore, 'settings' | 'records'>;

const absent: StoredSession = { state: null, seen: neverSeen };

/** How often a reader starts over while others write. */
const maxReads = 5;

/** @throws AgentStoreError `CORRUPTED` if what is stored cannot be read. */
export async function readSession(core: ReadCore, session: Session): Promise<StoredSession> {
  let record = await core.records.get(session.key);
  for (let reads = 1; ; reads++) {
    const found = readRecord(core, session, record);
    const stored = found instanceof Promise ? await found : found;
    if (stored !== null) return stored;
    // If somebody has replaced the record, its parts are gone: it is read again, and must be the newest.
    const before = record?.revision;
    record = await core.records.get(session.key, true);
    if (record?.revision === before)
      throw corrupted(session.key, new Error('A part of it is missing, or cannot be read.'));
    if (reads === maxReads)
      throw new AgentStoreError('UNAVAILABLE', 'Others replace it faster than it can be read. Try again.');
  }
}

/** What a record holds; `null` if a part of it is missing. @throws AgentStoreError `CORRUPTED` if it cannot be read. */
export function readRecord(
  core: ReadCore,
  session: Session,
  record: StoredRecord | null,
): StoredSession | null | Promise<StoredSession | null> {
  const { settings } = core;
  const isGone = record?.expiresAt !== undefined && record.expiresAt * 1000 <= settings.now();
  if (record === null) return absent;
  const { revision, token, lineage = '', expiresAt } = record;
  if (isGone) return token === undefined ? absent : { state: null, seen: { ...neverSeen, token } };
  const list = record.parts === undefined ? noParts : readPartList(session, record.parts);
  const seen: SeenContext = { revision, lineage, attempts: neverSeen.attempts, token, parts: toKnown(list) };
  if (list.isDeleted) return { state: null, seen, isDeleted: true };
  if (list.current.length > 0) return readSpread(core, session, list, { seen, expiresAt });
  const state = readState(settings, session, record);
  if (state instanceof Promise) return state.then((read) => ({ state: read, seen, expiresAt }));
  return { state, seen, expiresAt };
}

async function readSpread(
  core: ReadCore,
  session: Session,
  { current }: PartList,
  found: Omit<StoredSession, 'state'>,
): Promise<StoredSession | null> {
  const { settings, records } = core;
  const toKey = toStateParts(core, session).byName();
  const slices = await readParts(records, toKey, current, settings.maxStateBytes);
  if (slices === null) return null;
  return { ...found, state: await decodeState(settings, session, () => joinSlices(slices)) };
}

/** What writing takes, besides the session. */
export interface SessionWrite {
  readonly record: NewRecord;
  readonly expected: Expectation | null;
  /** The parts of the record that is replaced. */
  readonly known: SeenContext['parts'];
  /** The name of each part is added to it before the part is written. */
  readonly written: string[];
}

/**
 * Writes a record. If its data is too large for one, it is spread: the parts are written first, and last the record that names
 * them.
 */
export function writeSession(core: StoreCore, session: Session, write: SessionWrite): Promise<WriteResult> {
  const { records } = core;
  if (write.known !== undefined || records.maxRecordBytes !== undefined)
    return writeWithParts(core, session, write);
  return records.put(session.key, write.record, write.expected);
}

async function writeWithParts(
  core: StoreCore,
  session: Session,
  { record, expected, known, written }: SessionWrite,
): Promise<WriteResult> {
  const { records } = core;
  if (known !== undefined) await removeParts(records, toStateParts(core, session).byName(), known.replaced);
  const replaced = known?.current ?? [];
  try {
    const whole =
      replaced.length === 0
        ? record
        : changeRecord(record, { parts: formatPartList({ ...noParts, replaced }) });
    return await records.put(session.key, whole, expected);
  } catch (error) {
    const { maxRecordBytes } = records;
    if (!isAgentStoreError(error, 'TOO_LARGE') || maxRecordBytes === undefined) throw error;
    const toKey = toStateParts(core, session).byName();
    const current = await writeParts(records, toKey, record, maxRecordBytes, written);
    const parts = formatPartList({ ...noParts, current, replaced });
    return records.put(session.key, changeRecord(record, { data: null, parts }), expected);
  }
}

/** Removes parts that no record names. One that cannot be removed harms nobody: no reader looks for it. */
export async function removeUnnamed(
  core: StoreCore,
  session: Session,
  names: readonly string[],
): Promise<void> {
  const toKey = toStateParts(core, session).byName();
  await Promise.allSettled([removeParts(core.records, toKey, names)]);
}

function readPartList({ key }: Session, stored: string): PartList {
  try {
    return parsePartList(stored);
  } catch (cause) {
    throw corrupted(key, cause);
  }
}

function toKnown({ current, replaced }: PartList): SeenContext['parts'] {
  if (current.length + replaced.length === 0) return undefined;
  return { current: current.map(({ name }) => name), replaced };
}

/** Where the parts of a state are. */
export function toStateParts({ settings }: Pick<StoreCore, 'settings'>, { key }: Session): PartKeys {
  return new PartKeys(settings.partKeyPrefix, 'state', key);
}
