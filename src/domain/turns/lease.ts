import type { StoredRecord } from '../record-store.js';
import type { RunningTurn, TurnRequest } from '../turn-store.js';
import { isRecord } from '../values/objects.js';
import { putSettled } from './settled-put.js';
import {
  createRecord,
  maxReadBytes,
  requireCount,
  requireText,
  type TurnCore,
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

/** Takes the lease for a turn: what is stored then, which is another turn's if that holds it. */
export async function acquireLease(
  core: TurnCore,
  contextId: string,
  { turn, holder, idempotency }: TurnRequest,
): Promise<StoredLease> {
  const { now, leaseSeconds } = core.settings;
  let stored = await readLease(core, contextId);
  for (;;) {
    const since = now();
    if (stored !== null && isHeld(stored, since)) return stored;
    const lease: Lease = {
      turn,
      holder,
      since,
      until: since + leaseSeconds * 1_000,
      turns: (stored?.turns ?? 0) + 1,
      tokens: stored?.tokens ?? 0,
      chunks: 0,
      idempotency,
      isCancelled: false,
      isReleased: false,
    };
    const token = Math.max((stored?.token ?? 0) + 1, since);
    ({ stored } = await replaceLease(core, contextId, stored, lease, token));
    if (stored?.turn === turn) return stored;
  }
}

/** Puts a lease in the place of one, unless somebody has come first. Gives what is stored then. */
export async function replaceLease(
  core: TurnCore,
  contextId: string,
  stored: StoredLease | null,
  lease: Lease,
  token: number,
): Promise<{ readonly isWritten: boolean; readonly stored: StoredLease | null }> {
  const record = await createRecord(core, 'agent-turn-lease', formatLease(lease), {
    token,
    keepSeconds,
    previous: stored?.revision ?? '',
  });
  const expected = {
    absent: stored === null,
    revisions: stored === null ? [] : [stored.revision],
    now: core.settings.now(),
    token,
  };
  const result = await putSettled(core, toLeaseKey(core, contextId), record, expected);
  return result === 'written'
    ? { isWritten: true, stored: { ...lease, token, revision: record.revision } }
    : { isWritten: false, stored: await parseLease(core, contextId, result) };
}

/** Asks the holder of a lease to stop, if it is still of that turn. The end of the lease stays: nobody holds it for longer because of that. */
export async function markCancelled(core: TurnCore, contextId: string, turn: string): Promise<void> {
  let stored = await readLease(core, contextId);
  while (stored?.turn === turn && !stored.isCancelled && isHeld(stored, core.settings.now())) {
    const marked = { ...stored, isCancelled: true };
    ({ stored } = await replaceLease(core, contextId, stored, marked, stored.token));
  }
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
