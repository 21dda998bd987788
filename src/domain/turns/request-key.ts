import type { RecordKey } from '../key-schema.js';
import type { StoredRecord } from '../record-store.js';
import { putSettled } from '../store/settled-put.js';
import type { TurnRequest } from '../turn-store.js';
import { isRecord } from '../values/objects.js';
import {
  createRecord,
  isLive,
  maxReadBytes,
  requireText,
  type TurnCore,
  toExpiry,
  toRequestKey,
  unreadable,
  version,
} from './turn-core.js';

/** What an idempotency key stands for. */
export interface KnownRequest {
  readonly turn: string;
  readonly hash: string;
}

/** What a key stands for, or `null` if it has not been used, or too long ago. */
export async function findRequest(
  core: TurnCore,
  contextId: string,
  idempotency: TurnRequest['idempotency'],
): Promise<KnownRequest | null> {
  if (idempotency === undefined) return null;
  const key = toRequestKey(core, contextId, idempotency.key);
  return parse(core, key, await core.records.get(key, true));
}

/** Has a key stand for a turn, unless it stands for one already. Gives what it stands for then. */
export async function claimRequest(
  core: TurnCore,
  contextId: string,
  { turn, idempotency }: TurnRequest,
): Promise<KnownRequest | null> {
  if (idempotency === undefined) return null;
  const { now, idempotencySeconds } = core.settings;
  const key = toRequestKey(core, contextId, idempotency.key);
  const request = { turn, hash: idempotency.hash };
  let known: KnownRequest | null = null;
  while (known === null) {
    const record = createRecord(
      core,
      'agent-turn-request',
      { v: version, ...request },
      { expiresAt: toExpiry(core, idempotencySeconds) },
    );
    const expected = { absent: true, revisions: [], now: now() };
    const result = await putSettled(core, key, record, expected);
    known = result === 'written' ? request : await parse(core, key, result);
  }
  return known;
}

/** Has a key stand for nothing, if it stands for this turn, which has done nothing: the request may be made again. */
export async function forgetRequest(
  core: TurnCore,
  contextId: string,
  { turn, idempotency }: TurnRequest,
): Promise<void> {
  if (idempotency === undefined) return;
  const key = toRequestKey(core, contextId, idempotency.key);
  const record = await core.records.get(key, true);
  const known = await parse(core, key, record);
  if (record === null || known?.turn !== turn) return;
  const expected = { absent: false, revisions: [record.revision], now: core.settings.now() };
  await core.records.delete(key, expected);
}

async function parse(
  core: TurnCore,
  key: RecordKey,
  record: StoredRecord | null,
): Promise<KnownRequest | null> {
  if (!isLive(record, core.settings.now())) return null;
  try {
    const data: unknown = await record.read(maxReadBytes);
    if (!isRecord(data) || data.v !== version) throw new TypeError('It is no request.');
    return { turn: requireText(data.turn), hash: requireText(data.hash) };
  } catch (cause) {
    throw unreadable(key, cause);
  }
}
