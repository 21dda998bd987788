import type { StoredRecord } from '../record-store.js';
import { putSettled } from '../store/settled-put.js';
import type { RunningTurn, TurnRequest } from '../turn-store.js';
import { isRecord } from '../values/objects.js';
import {
  createRecord,
  isLive,
  maxReadBytes,
  requireCount,
  requireText,
  type TurnCore,
  toExpiry,
  toLeaseKey,
  unreadable,
  version,
} from './turn-core.js';

/** What a session's lease says. */
export interface Lease {
  readonly turn: string;
  readonly holder: string;
  /** When the turn was begun, in milliseconds. */
  readonly since: number;
  /** Until when nobody else may begin a turn, by the clock of the holder, in milliseconds. */
  readonly until: number;
  /** How many turns the session has had with this one, and what they have used. */
  readonly turns: number;
  readonly tokens: number;
  /** How many chunks of its log were written when the lease was. */
  readonly chunks: number;
  readonly idempotency: TurnRequest['idempotency'];
  /** True if somebody has asked for the turn to stop. */
  readonly isCancelled: boolean;
  /** True once the turn has ended, or was abandoned. */
  readonly isReleased: boolean;
}

/** A lease as it is stored. Its token is the fencing token of its turn. */
export interface StoredLease extends Lease {
  readonly revision: string;
  readonly token: number;
  /** When the record counts as gone, in Unix seconds. */
  readonly expiresAt: number | undefined;
}

/** How far the clocks of two processes may be apart: a rival waits for so much longer than the lease says. */
const clockSkewMs = 5_000;

/** The record outlives the lease: while it is there, tokens and counts go on from it. */
const keepSeconds = 7 * 86_400;

export async function readLease(core: TurnCore, contextId: string): Promise<StoredLease | null> {
  const key = toLeaseKey(core, contextId);
  return parseLease(core, contextId, await core.records.get(key, true));
}

/** True while no other turn of the session may begin. */
export function isHeld({ until, isReleased }: Lease, now: number): boolean {
  return !isReleased && now < until + clockSkewMs;
}

/** The end of a lease that is taken or renewed at a time, in milliseconds. */
export function toEnd(time: number, leaseSeconds: number): number {
  return Math.floor(time + leaseSeconds * 1_000);
}

/** Puts a lease in the place of one, unless somebody has come first. Gives what is stored then. */
export async function replaceLease(
  core: TurnCore,
  contextId: string,
  stored: StoredLease | null,
  lease: Lease,
  token: number,
): Promise<{ readonly isWritten: boolean; readonly stored: StoredLease | null }> {
  const { now, leaseSeconds } = core.settings;
  const record = createRecord(core, 'agent-turn-lease', formatLease(lease), {
    token,
    expiresAt: toExpiry(core, leaseSeconds + keepSeconds),
    previous: stored?.revision ?? '',
  });
  const time = now();
  const expected = {
    // What has expired counts as absent, and still stands in the way of smaller tokens.
    absent: !isLive(stored, time),
    revisions: stored === null ? [] : [stored.revision],
    now: time,
    token,
  };
  const result = await putSettled(core, toLeaseKey(core, contextId), record, expected);
  const { revision, expiresAt } = record;
  return result === 'written'
    ? { isWritten: true, stored: { ...lease, token, revision, expiresAt } }
    : { isWritten: false, stored: await parseLease(core, contextId, result) };
}

export function toRunningTurn(contextId: string, { turn, since, holder, tokens }: Lease): RunningTurn {
  return { contextId, turn, since: new Date(since), holder, tokens };
}

function formatLease(lease: Lease) {
  const { turn, holder, since, until, turns, tokens, chunks, idempotency, isCancelled, isReleased } = lease;
  return {
    v: version,
    turn,
    holder,
    since,
    until,
    turns,
    tokens,
    chunks,
    ...(idempotency !== undefined && { key: idempotency.key, hash: idempotency.hash }),
    ...(isCancelled && { cancelled: true }),
    ...(isReleased && { released: true }),
  };
}

async function parseLease(
  core: TurnCore,
  contextId: string,
  record: StoredRecord | null,
): Promise<StoredLease | null> {
  if (record === null) return null;
  try {
    const data: unknown = await record.read(maxReadBytes);
    if (!isRecord(data) || data.v !== version) throw new TypeError('It is no lease.');
    return {
      revision: record.revision,
      expiresAt: record.expiresAt,
      token: requireCount(record.token),
      turn: requireText(data.turn),
      holder: requireText(data.holder),
      since: requireCount(data.since),
      until: requireCount(data.until),
      turns: requireCount(data.turns),
      tokens: requireCount(data.tokens),
      chunks: requireCount(data.chunks),
      idempotency:
        data.key === undefined ? undefined : { key: requireText(data.key), hash: requireText(data.hash) },
      isCancelled: data.cancelled === true,
      isReleased: data.released === true,
    };
  } catch (cause) {
    throw unreadable(toLeaseKey(core, contextId), cause);
  }
}
