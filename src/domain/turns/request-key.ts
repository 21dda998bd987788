import type { RecordKey } from '../key-schema.js';
import type { StoredRecord } from '../record-store.js';
import type { TurnRequest } from '../turn-store.js';
import { isRecord } from '../values/objects.js';
import { putSettled } from './settled-put.js';
import {
  createRecord,
  isLive,
  maxReadBytes,
  requireText,
  type TurnCore,
  toRequestKey,
  unreadable,
  version,
} from './turn-core.js';

/** What an idempotency key stands for. */
export interface KnownRequest {
  readonly turn: string;
  readonly hash: string;
  readonly revision: string;
}

/** What a key stands for, or `null` if it has not been used, or too long ago. */
export async function findRequest(
  core: TurnCore,
  contextId: string,
  idempotency: TurnRequest['idempotency'],
): Promise<KnownRequest | null> {
  if (idempotency === undefined) return null;
  const key = await toRequestKey(core, contextId, idempotency.key);
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
  const key = await toRequestKey(core, contextId, idempotency.key);
  const request = { turn, hash: idempotency.hash };
  for (;;) {
    const record = await createRecord(
      core,
      'agent-turn-request',
      { v: version, ...request },
      { keepSeconds: idempotencySeconds },
    );
    const expected = { absent: true, revisions: [], now: now() };
    const result = await putSettled(core, key, record, expected);
    const { revision } = record;
    const known = result === 'written' ? { ...request, revision } : await parse(core, key, result);
    if (known !== null) return known;
  }
}

/** Has a key stand for nothing again, if it still stands for that request. */
export async function removeRequest(
  core: TurnCore,
  contextId: string,
  key: string,
  { revision }: KnownRequest,
): Promise<void> {
  const expected = { absent: true, revisions: [revision], now: core.settings.now() };
  await core.records.delete(await toRequestKey(core, contextId, key), expected);
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
    return { turn: requireText(data.turn), hash: requireText(data.hash), revision: record.revision };
  } catch (cause) {
    throw unreadable(key, cause);
  }
}
