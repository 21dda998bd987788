import { isUnknown } from '../store/settled-put.js';
import type { TurnRequest } from '../turn-store.js';
import { isHeld, type Lease, readLease, replaceLease, type StoredLease, toEnd } from './lease.js';
import { settleEnd } from './read-log.js';
import type { TurnCore } from './turn-core.js';

/** Takes the lease for a turn: what is stored then, which is another turn's if that holds it. */
export async function acquireLease(
  core: TurnCore,
  contextId: string,
  { turn, holder, idempotency }: TurnRequest,
): Promise<StoredLease> {
  const { now, leaseSeconds } = core.settings;
  let stored = await readLease(core, contextId);
  for (;;) {
    const since = Math.floor(now());
    if (stored !== null && isHeld(stored, since)) return stored;
    if (stored !== null && !stored.isReleased) await endLogOf(core, contextId, stored.turn);
    const lease: Lease = {
      turn,
      holder,
      since,
      until: toEnd(since, leaseSeconds),
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

/** Nothing tells of a turn that was interrupted once its lease is another one's, but for its log. */
async function endLogOf(core: TurnCore, contextId: string, turn: string): Promise<void> {
  try {
    await settleEnd({ core, contextId, turn });
  } catch (error) {
    // A log that cannot be read must not lock the session.
    if (isUnknown(error)) throw error;
  }
}

/** Asks the holder of a lease to stop, if it is still of that turn. The end of the lease stays: nobody holds it for longer because of that. */
export async function markCancelled(core: TurnCore, contextId: string, turn: string): Promise<void> {
  let stored = await readLease(core, contextId);
  while (stored?.turn === turn && !stored.isCancelled && isHeld(stored, core.settings.now())) {
    const marked = { ...stored, isCancelled: true };
    ({ stored } = await replaceLease(core, contextId, stored, marked, stored.token));
  }
}
