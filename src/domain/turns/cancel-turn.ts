import { markCancelled } from './acquire-lease.js';
import { isHeld, readLease } from './lease.js';
import { settleEnd } from './read-log.js';
import type { TurnCore } from './turn-core.js';

/** Has the running turn stopped, and waits until it has: its lease is given back, or ends. False if none runs. */
export async function cancelTurn(core: TurnCore, contextId: string): Promise<boolean> {
  const { now, flushMs } = core.settings;
  const running = await readLease(core, contextId);
  if (running === null || !isHeld(running, now())) return false;
  const { turn } = running;
  await markCancelled(core, contextId, turn);
  for (;;) {
    const lease = await readLease(core, contextId);
    if (lease?.turn !== turn || lease.isReleased) return true;
    if (!isHeld(lease, now())) {
      await settleEnd({ core, contextId, turn });
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, flushMs));
  }
}
