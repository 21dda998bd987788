import { type AgentState, findInvalidField, isAgentState } from '../agent-state.js';
import { AgentStoreError } from '../errors.js';
import type { RecordKey, StateIds } from '../key-schema.js';
import type { Expectation, KeyLimits, NewRecord, StoredRecord } from '../record-store.js';
import { copyState, requireState } from '../state-copy.js';
import { isRecord } from '../values/objects.js';
import type { SerializedData } from '../values/plain-data.js';
import { toStateText } from '../values/text.js';
import type { AgentStoreSettings } from './agent-store-options.js';
import { checkContextId, checkKey } from './key-check.js';
import { createLocalRevision, createRevision } from './revision.js';

/** One session, and where its record is kept. */
export interface Session {
  readonly ids: StateIds;
  readonly key: RecordKey;
}

/** What is stored of a session; both are `null` if nothing is, or if it has expired. */
export interface StoredSession {
  readonly revision: string | null;
  readonly state: AgentState | null;
}

/** @throws AgentStoreError `INVALID_KEY` if the backend cannot keep the id. */
export function locateSession(
  { agentId, keySchema }: AgentStoreSettings,
  contextId: string,
  limits: KeyLimits | undefined,
): Session {
  const ids = { agentId, contextId };
  checkContextId(contextId);
  const key = keySchema.key(ids);
  checkKey(key, limits);
  return { ids, key };
}

/**
 * The state as data, taken as it is now: whatever waits, waits after that.
 *
 * @throws AgentStoreError `UNSERIALIZABLE` if it cannot be kept.
 */
export function serializeState(
  { serializer }: AgentStoreSettings,
  state: AgentState,
  ids: StateIds,
): Promise<SerializedData> | SerializedData {
  const copy = serializer.copiesState ? requireState(state) : copyState(state);
  try {
    const data = serializer.serialize(copy, ids);
    return data instanceof Promise ? data.catch(refuse) : data;
  } catch (error) {
    return refuse(error);
  }
}

/** Checks a state that is not written. @throws AgentStoreError `UNSERIALIZABLE` if it could not be kept. */
export async function checkState(
  settings: AgentStoreSettings,
  state: AgentState,
  ids: StateIds,
): Promise<void> {
  if (settings.serializer.copiesState) await serializeState(settings, state, ids);
  else copyState(state);
}

function refuse(cause: unknown): never {
  if (cause instanceof AgentStoreError) throw cause;
  throw new AgentStoreError('UNSERIALIZABLE', 'The serializer failed.', { cause });
}

/** @throws AgentStoreError `CORRUPTED` if the record cannot be read. */
export async function decodeRecord(
  { serializer, now }: AgentStoreSettings,
  { ids, key }: Session,
  record: StoredRecord | null,
): Promise<StoredSession> {
  const isGone = record?.expiresAt !== undefined && record.expiresAt * 1000 <= now();
  if (record === null || isGone) return { revision: null, state: null };
  try {
    const state: unknown = await serializer.deserialize(await record.read(), ids);
    if (!isRecord(state)) throw new TypeError('The stored state is not an object.');
    if (isAgentState(state)) return { revision: record.revision, state };
    throw new TypeError(`The field "${findInvalidField(state)}" is missing or of another type.`);
  } catch (cause) {
    if (cause instanceof AgentStoreError) throw cause;
    const where = `partition ${JSON.stringify(key.partition)}, sort ${JSON.stringify(key.sort)}`;
    const message = `What is stored under ${where} cannot be read. It stays as it is until it is deleted.`;
    throw new AgentStoreError('CORRUPTED', message, { cause });
  }
}

/** The last second of the year 9999: later ones are more than some backends can keep, and as good as never. */
const latestExpiry = 253_402_300_799;

/** A record of serialized data, to take the place of `previous`. */
export async function createRecord(
  { ttlSeconds, now, entityType }: AgentStoreSettings,
  data: SerializedData,
  previous: string | null,
  isLocal: boolean,
): Promise<NewRecord> {
  const updatedAt = now();
  let text: string | Uint8Array | undefined;
  const toText = () => {
    text ??= toStateText(data);
    return text;
  };
  return {
    revision: isLocal
      ? createLocalRevision()
      : await createRevision({ previous: previous ?? '', text: toText(), now: updatedAt }),
    ...(ttlSeconds !== null && {
      expiresAt: Math.min(Math.ceil(updatedAt / 1000 + ttlSeconds), latestExpiry),
    }),
    updatedAt,
    entityType,
    data,
    get text() {
      return toText();
    },
  };
}

/** What must be stored for a record to be written: one of `revisions`, `null` standing for no record. */
export function expect(
  { optimistic }: AgentStoreSettings,
  revisions: readonly (string | null)[],
  now: number,
): Expectation | null {
  if (!optimistic) return null;
  return {
    absent: revisions.includes(null),
    revisions: revisions.filter((revision) => revision !== null),
    now,
  };
}
