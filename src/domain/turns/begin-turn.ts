import type { HeldTurn, TurnRequest, TurnStart } from '../turn-store.js';
import { interruptedNumber } from '../turn-store.js';
import { EventLog } from './event-log.js';
import { HeldLease } from './held-lease.js';
import { acquireLease } from './lease.js';
import { interrupted, settleEnd } from './read-log.js';
import { claimRequest, findRequest, type KnownRequest, removeRequest } from './request-key.js';
import type { TurnCore } from './turn-core.js';

/** Takes the lease, and then has the key of the request stand for the turn: a repeat that comes in between finds it in the lease. */
export async function beginTurn(core: TurnCore, contextId: string, request: TurnRequest): Promise<TurnStart> {
  const { turn, idempotency } = request;
  const known = await findRequest(core, contextId, idempotency);
  if (known !== null) return repeat(core, contextId, known, idempotency);
  const startedAt = performance.now();
  const stored = await acquireLease(core, contextId, request);
  if (stored.turn !== turn) {
    const isSame = idempotency !== undefined && stored.idempotency?.key === idempotency.key;
    return isSame
      ? toRepeat(stored.turn, stored.idempotency, idempotency)
      : { outcome: 'busy', turn: stored.turn };
  }
  const lease = new HeldLease(core, contextId, stored, startedAt);
  try {
    const claimed = await claimRequest(core, contextId, request);
    if (claimed === null || claimed.turn === turn)
      return { outcome: 'begun', turn: createHeldTurn(core, contextId, lease, claimed) };
    await lease.release(false);
    return repeat(core, contextId, claimed, idempotency);
  } catch (error) {
    await lease.release(false);
    throw error;
  }
}

/** A request that was made before: its turn runs, or has ended, or was interrupted, which is then said in its log. */
async function repeat(
  core: TurnCore,
  contextId: string,
  known: KnownRequest,
  idempotency: TurnRequest['idempotency'],
): Promise<TurnStart> {
  const { turn } = known;
  const start = toRepeat(turn, known, idempotency);
  if (start.outcome === 'repeated') await settleEnd({ core, contextId, turn });
  return start;
}

function toRepeat(
  turn: string,
  known: { readonly hash: string },
  idempotency: TurnRequest['idempotency'],
): TurnStart {
  return known.hash === idempotency?.hash ? { outcome: 'repeated', turn } : { outcome: 'key-reused' };
}

function createHeldTurn(
  core: TurnCore,
  contextId: string,
  lease: HeldLease,
  claimed: KnownRequest | null,
): HeldTurn {
  const { logSeconds, idempotencySeconds } = core.settings;
  const { turns, tokens, idempotency } = lease.lease;
  const hasKey = idempotency !== undefined;
  const log = new EventLog(
    core,
    contextId,
    lease,
    hasKey ? Math.max(logSeconds, idempotencySeconds) : logSeconds,
  );
  return {
    turn: lease.turn,
    fencingToken: lease.token,
    usage: { turns, tokens },
    onStop: (listener) => lease.onStop(listener),
    log: (event) => log.add(event),
    useTokens: (count) => lease.addTokens(count),
    end: async (last) => {
      try {
        return await log.end(last);
      } catch (error) {
        if (lease.isSafe) throw error;
        // Whoever reads the log finds it so, or puts it so.
        return { ...interrupted, number: interruptedNumber };
      } finally {
        await lease.release();
      }
    },
    abandon: async () => {
      try {
        if (claimed !== null && idempotency !== undefined)
          await removeRequest(core, contextId, idempotency.key, claimed);
      } finally {
        await lease.release(false);
      }
    },
  };
}
