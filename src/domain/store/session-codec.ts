import { type AgentState, findInvalidField, isAgentState } from '../agent-state.js';
import { defaultSerializer, restoreState, toPlainStateText } from '../default-serializer.js';
import { AgentStoreError, isAgentStoreError } from '../errors.js';
import type { RecordKey, StateIds } from '../key-schema.js';
import type { Expectation, KeyLimits, NewRecord, RecordStore, StoredRecord } from '../record-store.js';
import { copyState, requireState } from '../state-copy.js';
import { requireDataSize } from '../values/data-size.js';
import { isRecord, isThenable } from '../values/objects.js';
import type { SerializedData } from '../values/plain-data.js';
import { requireSize, sizeOf } from '../values/size.js';
import { requireSnapshotSize, type Snapshot } from '../values/snapshot.js';
import { toStateText } from '../values/text.js';
import { type AgentStoreSettings, type Attributes, latestExpiry } from './agent-store-options.js';
import { checkContextId, checkKey, requireNoPart } from './key-check.js';
import { DataRecord, SnapshotRecord, TextRecord } from './lazy-record.js';
import { createLocalRevision, createRevision, shortText } from './revision.js';
import { StateSnapshot } from './state-snapshot.js';
import type { StoreCore } from './store-core.js';

/** One session, and where its record is kept. */
export interface Session {
  readonly ids: StateIds;
  readonly key: RecordKey;
}

/** The options that say where the records of sessions are. */
export type SessionPlaces = Pick<AgentStoreSettings, 'agentId' | 'keySchema' | 'partKeyPrefix'>;

/** @throws AgentStoreError `INVALID_KEY` if the backend cannot keep the id. */
export function locateSession(
  { agentId, keySchema, partKeyPrefix }: SessionPlaces,
  contextId: string,
  limits: KeyLimits | undefined,
): Session {
  const ids = { agentId, contextId };
  checkContextId(contextId);
  const key = keySchema.key(ids);
  checkKey(key, limits);
  requireNoPart(key, partKeyPrefix);
  return { ids, key };
}

/** What a save writes: the state as data, or as text at once, and what the user keeps beside it. */
export type SerializedSession = SessionContent & {
  readonly attributes?: Attributes | undefined;
  /** When it is to expire, in Unix seconds, if not after the store's own time. */
  readonly expiresAt?: number | undefined;
};

type SessionContent =
  | { readonly data: SerializedData; readonly text?: undefined; readonly snapshot?: undefined }
  | { readonly text: string; readonly data?: undefined; readonly snapshot?: undefined }
  | { readonly snapshot: Snapshot; readonly data?: undefined; readonly text?: undefined };

/**
 * The state as the backend keeps it. It is copied, or written as text, at the call, before anything waits.
 *
 * @throws AgentStoreError `UNSERIALIZABLE` if it cannot be kept.
 */
export function serializeState(
  { settings, records }: SerializeCore,
  state: AgentState,
  ids: StateIds,
): Promise<SerializedSession> | SerializedSession {
  const { serializer } = settings;
  const copy = serializer.copiesState ? requireState(state) : copyState(state);
  const attributes = describeState(settings, copy, ids);
  if (serializer === defaultSerializer) {
    const text = records.keepsText ? toPlainStateText(copy) : undefined;
    if (text !== undefined) return { text, attributes };
    if (records.isLocal && !records.keepsText) return { snapshot: new StateSnapshot(copy), attributes };
  }
  try {
    const data = serializer.serialize(copy, ids);
    if (data instanceof Promise) return data.then((made) => ({ data: made, attributes }), refuse);
    return { data, attributes };
  } catch (error) {
    return refuse(error);
  }
}

/** What serializing takes. */
interface SerializeCore {
  readonly settings: AgentStoreSettings;
  readonly records: Pick<RecordStore, 'keepsText' | 'isLocal'>;
}

function describeState({ attributes }: AgentStoreSettings, state: AgentState, ids: StateIds) {
  try {
    return attributes?.(state, ids);
  } catch (cause) {
    if (isAgentStoreError(cause)) throw cause;
    throw new AgentStoreError('UNSERIALIZABLE', 'The function "attributes" failed.', { cause });
  }
}

/** Checks a state that is not written. @throws AgentStoreError `UNSERIALIZABLE` if it could not be kept. */
export async function checkState(
  { settings, records }: SerializeCore,
  state: AgentState,
  ids: StateIds,
): Promise<void> {
  const { attributes: _, ...withoutAttributes } = settings;
  if (settings.serializer.copiesState)
    await serializeState({ settings: withoutAttributes, records }, state, ids);
  else copyState(state);
}

function refuse(cause: unknown): never {
  if (isAgentStoreError(cause)) throw cause;
  throw new AgentStoreError('UNSERIALIZABLE', 'The serializer failed.', { cause });
}

/** What is stored in the place of a state that was erased. */
export const erasedState: SerializedData = { erased: true };

export function isErased(data: unknown): boolean {
  return isRecord(data) && data.erased === true && Object.keys(data).length === 1;
}

/** What a record holds; `null` for what is left of an erased one. @throws AgentStoreError `CORRUPTED` if it cannot be read. */
export function readState(
  settings: AgentStoreSettings,
  session: Session,
  record: StoredRecord,
): AgentState | null | Promise<AgentState | null> {
  const { serializer, maxStateBytes } = settings;
  if (serializer !== defaultSerializer)
    return decodeState(settings, session, () => record.read(maxStateBytes));
  try {
    const { snapshot } = record;
    if (snapshot !== undefined) {
      requireSnapshotSize(snapshot, maxStateBytes);
      return requireStored(snapshot.copy());
    }
    const data = record.read(maxStateBytes);
    if (isThenable(data)) return decodeState(settings, session, () => data);
    return isErased(data) ? null : requireStored(restoreState(data));
  } catch (cause) {
    throw isAgentStoreError(cause) ? cause : corrupted(session.key, cause);
  }
}

/** `null` for what is left of an erased one. @throws AgentStoreError `CORRUPTED` if what is stored cannot be read. */
export async function decodeState(
  { serializer }: AgentStoreSettings,
  { ids, key }: Session,
  read: () => SerializedData | Promise<SerializedData>,
): Promise<AgentState | null> {
  try {
    const data = await read();
    if (isErased(data)) return null;
    return requireStored(await serializer.deserialize(data, ids));
  } catch (cause) {
    throw isAgentStoreError(cause) ? cause : corrupted(key, cause);
  }
}

function requireStored(state: unknown): AgentState {
  if (!isRecord(state)) throw new TypeError('The stored state is not an object.');
  if (isAgentState(state)) return state;
  throw new TypeError(`The field "${findInvalidField(state)}" is missing or of another type.`);
}

export function corrupted(key: RecordKey, cause: unknown): AgentStoreError {
  const where = `partition ${JSON.stringify(key.partition)}, sort ${JSON.stringify(key.sort)}`;
  const message = `What is stored under ${where} cannot be read. It stays as it is until it is deleted.`;
  return new AgentStoreError('CORRUPTED', message, { cause });
}

/** What must be stored for a write: one of `revisions`, `null` standing for no record, and no token that is larger. */
export function toExpectation(
  revisions: readonly (string | null)[],
  now: number,
  token: number | undefined,
): Expectation {
  return {
    absent: revisions.includes(null),
    revisions: revisions.filter((revision) => revision !== null),
    now,
    ...(token !== undefined && { token }),
  };
}

/** What a new record replaces, or '', and what it takes over from it. */
export interface RecordBase {
  readonly previous: string;
  readonly lineage: string;
  readonly token: number | undefined;
}

/**
 * A record of serialized data.
 *
 * @param previous - The revision that it replaces, or '' for a new record.
 *
 * @throws AgentStoreError `TOO_LARGE` if it is larger than the store's limit.
 */
export function createRecord(
  { settings: { ttlSeconds, now, entityType, maxStateBytes }, records: { isLocal } }: StoreCore,
  serialized: SerializedSession,
  { previous, lineage, token }: RecordBase,
): NewRecord {
  const { attributes, expiresAt, snapshot, data } = serialized;
  const updatedAt = now();
  const afterTtl =
    ttlSeconds === null ? undefined : Math.min(Math.ceil(updatedAt / 1000 + ttlSeconds), latestExpiry);
  if (snapshot !== undefined) requireSnapshotSize(snapshot, maxStateBytes);
  else if (isLocal && data !== undefined) requireDataSize(data, maxStateBytes);
  const text = serialized.text ?? (isLocal || data === undefined ? undefined : toStateText(data));
  // A long text is encoded once, for all who need it as bytes. A short one is measured, hashed and sent sooner as it is.
  const utf8 = typeof text === 'string' && text.length > shortText ? Buffer.from(text) : undefined;
  const written = utf8 ?? text;
  if (written !== undefined) requireSize(sizeOf(written), maxStateBytes);
  const revision =
    written === undefined
      ? createLocalRevision()
      : createRevision({ previous, text: written, now: updatedAt });
  const fields = {
    revision,
    lineage: lineage === '' ? undefined : lineage,
    token,
    attributes,
    expiresAt: expiresAt ?? afterTtl,
    updatedAt,
    entityType,
    parts: undefined,
  };
  if (snapshot !== undefined) return new SnapshotRecord(fields, snapshot);
  return data === undefined
    ? new TextRecord(fields, serialized.text, utf8)
    : new DataRecord(fields, data, text, utf8);
}

/** The same record with the names of its parts, and with other data if that is given. */
export function changeRecord(
  record: NewRecord,
  { data, parts = record.parts }: { data?: SerializedData; parts: string | undefined },
): NewRecord {
  const { revision, lineage, token, attributes, expiresAt, updatedAt, entityType } = record;
  const kept = { revision, lineage, token, attributes, expiresAt, updatedAt, entityType, parts };
  return data === undefined
    ? new DataRecord(kept, record.data, record.text, record.utf8)
    : new DataRecord(kept, data);
}
