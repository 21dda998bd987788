import { AgentStoreError, type AgentStoreOperation, explainFailure } from '../errors.js';
import { hash } from '../hash.js';
import type { RecordKey } from '../key-schema.js';
import type { ListableRecords } from '../list-keys.js';
import type { NewRecord, StoredRecord } from '../record-store.js';
import { latestExpiry } from '../store/agent-store-options.js';
import { CallQueue } from '../store/call-queue.js';
import { checkContextId, checkKey } from '../store/key-check.js';
import { PartKeys } from '../store/part-keys.js';
import { createLocalRevision, createRevision } from '../store/revision.js';
import type { PlainData } from '../values/plain-data.js';
import { toStateText } from '../values/text.js';
import type { TurnStoreSettings } from './turn-store-options.js';

/** What all calls of one store share. */
export interface TurnCore {
  readonly settings: TurnStoreSettings;
  readonly records: ListableRecords;
  /** Work that must be over before the store may close its client. */
  readonly underWay: CallQueue;
}

export function createCore(settings: TurnStoreSettings, records: TurnCore['records']): TurnCore {
  return { settings, records, underWay: new CallQueue() };
}

/** The form of what is stored, for later releases to tell by. */
export const version = 1;

/** What can be read of one record at most. */
export const maxReadBytes = 64 * 1024 * 1024;

export function toPartition({ settings }: TurnCore): string {
  return `${settings.agentKeyPrefix}${settings.agentId}`;
}

export function toLeaseKey(core: TurnCore, contextId: string): RecordKey {
  return toKey(core, `${core.settings.leaseKeyPrefix}${contextId}`);
}

export function toOwnerKey(core: TurnCore, contextId: string): RecordKey {
  return toKey(core, `${core.settings.ownerKeyPrefix}${contextId}`);
}

/** No two keys of sessions give the same: the text behind the session's id has one length. */
export function toRequestKey(core: TurnCore, contextId: string, key: string): RecordKey {
  return toHashedKey(core, contextId, hash(key));
}

function toHashedKey(core: TurnCore, contextId: string, hash: string): RecordKey {
  return toKey(core, `${core.settings.requestKeyPrefix}${contextId}#${hash}`);
}

/** No two chunks give the same: neither the id of a turn nor a number has a `#` in it. */
export function toChunkKey(core: TurnCore, contextId: string, turn: string, chunk: number): RecordKey {
  return toKey(core, `${core.settings.eventKeyPrefix}${contextId}#${turn}-${chunk}`);
}

/** Where the parts of chunks are that are too large for one record. */
export function toEventParts(core: TurnCore, contextId: string): PartKeys {
  const { eventKeyPrefix, partKeyPrefix } = core.settings;
  return new PartKeys(partKeyPrefix, 'events', toKey(core, `${eventKeyPrefix}${contextId}`));
}

/** @throws AgentStoreError `INVALID_KEY` if the backend cannot keep what is about the session. */
export function checkSession(core: TurnCore, contextId: string): void {
  checkContextId(contextId);
  const { keyLimits } = core.records;
  const anyHash = '-'.repeat(22);
  for (const key of [toLeaseKey, toOwnerKey]) checkKey(key(core, contextId), keyLimits);
  checkKey(toHashedKey(core, contextId, anyHash), keyLimits);
}

/** @throws AgentStoreError `INVALID_KEY` if the backend cannot keep the log of the turn. */
export function checkTurn(core: TurnCore, contextId: string, turn: unknown): void {
  checkSession(core, contextId);
  if (typeof turn !== 'string' || !/^[\w-]{1,64}$/.test(turn))
    throw new AgentStoreError(
      'INVALID_KEY',
      'The id of the turn has other characters than letters, digits, - and _, or more than 64.',
    );
  checkKey(toChunkKey(core, contextId, turn, 1_000_000), core.records.keyLimits);
}

/** A record of plain data. */
export function createRecord(
  { settings, records }: TurnCore,
  entityType: string,
  data: PlainData,
  options: Pick<NewRecord, 'token' | 'expiresAt'> & { readonly previous?: string } = {},
): NewRecord {
  const { token, expiresAt, previous = '' } = options;
  const updatedAt = settings.now();
  const text = toStateText(data);
  return {
    revision:
      records.isLocal === true ? createLocalRevision() : createRevision({ previous, text, now: updatedAt }),
    updatedAt,
    entityType,
    data,
    text,
    ...(token !== undefined && { token }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** When a record expires that is written now, and kept for so long. */
export function toExpiry({ settings }: TurnCore, keepSeconds: number): number {
  return Math.min(Math.ceil(settings.now() / 1_000 + keepSeconds), latestExpiry);
}

/** True if a record is there, and has not expired. */
export function isLive<Stored extends Pick<StoredRecord, 'expiresAt'>>(
  stored: Stored | null,
  now: number,
): stored is Stored {
  return stored !== null && (stored.expiresAt === undefined || stored.expiresAt * 1_000 > now);
}

/** The error a caller gets: which call failed, for which session, and why. */
export function explain(
  { settings: { agentId } }: TurnCore,
  error: unknown,
  operation: AgentStoreOperation,
  contextId?: string,
): AgentStoreError {
  const whose = contextId === undefined ? 'the turns' : `the turns of ${JSON.stringify(contextId)}`;
  const failed = `${operation} failed for ${whose}`;
  return explainFailure(error, failed, {
    operation,
    agentId,
    ...(contextId !== undefined && { contextId }),
  });
}

export function unreadable({ partition, sort }: RecordKey, cause?: unknown): AgentStoreError {
  const where = `partition ${JSON.stringify(partition)}, sort ${JSON.stringify(sort)}`;
  return new AgentStoreError('CORRUPTED', `What is stored under ${where} cannot be read.`, { cause });
}

export function requireText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError('What is stored is no record of a turn.');
}

export function requireCount(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError('What is stored is no record of a turn.');
}

function toKey(core: TurnCore, sort: string): RecordKey {
  return { partition: toPartition(core), sort };
}
