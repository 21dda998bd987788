import type { TurnRequest, TurnStart } from '../turn-store.js';
import { acquireLease } from './acquire-lease.js';
import { HeldLease } from './held-lease.js';
import { createHeldTurn, giveBack } from './held-turn.js';
import type { StoredLease } from './lease.js';
import { settleEnd } from './read-log.js';
import { claimRequest, findRequest, type KnownRequest } from './request-key.js';
import type { TurnCore } from './turn-core.js';

/** Takes the lease, and then has the key of the request stand for the turn: a repeat that comes in between finds it in the lease. */
export async function beginTurn(core: TurnCore, contextId: string, request: TurnRequest): Promise<TurnStart> {
  const known = await findRequest(core, contextId, request.idempotency);
  if (known !== null) return repeat(core, contextId, request, known);
  const startedAt = performance.now();
  const stored = await acquireLease(core, contextId, request);
  if (stored.turn !== request.turn) return meet(core, contextId, request, stored);
  const lease = new HeldLease(core, contextId, stored, startedAt);
  try {
    const claimed = await claimRequest(core, contextId, request);
    if (claimed === null || claimed.turn === request.turn)
      return { outcome: 'begun', turn: createHeldTurn(core, contextId, request, lease) };
    await lease.release(false);
    return await repeat(core, contextId, request, claimed);
  } catch (error) {
    await giveBack(core, contextId, request, lease);
    throw error;
  }
}

/** Another turn holds the lease: that of the same request, or of another one. */
async function meet(
  core: TurnCore,
  contextId: string,
  request: TurnRequest,
  { turn, idempotency }: StoredLease,
): Promise<TurnStart> {
  if (idempotency === undefined || idempotency.key !== request.idempotency?.key)
    return { outcome: 'busy', turn };
  // It may be a repeat itself that has not found out yet.
  const known = await findRequest(core, contextId, idempotency);
  return repeat(core, contextId, request, known ?? { turn, hash: idempotency.hash });
}

/** A request that was made before: its turn runs, or has ended, or was interrupted, which is then said in its log. */
async function repeat(
  core: TurnCore,
  contextId: string,
  { idempotency }: TurnRequest,
  { turn, hash }: KnownRequest,
): Promise<TurnStart> {
  if (hash !== idempotency?.hash) return { outcome: 'key-reused' };
  const hasKey = async () => (await findRequest(core, contextId, idempotency))?.turn === turn;
  await settleEnd({ core, contextId, turn }, hasKey);
  return { outcome: 'repeated', turn };
}
