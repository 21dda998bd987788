import { AgentStoreError } from '../errors.js';
import type { HeldTurn, LoggedEvent, NumberedEvent, TurnRequest } from '../turn-store.js';
import { interruptedEvent } from './chunk.js';
import { EventLog } from './event-log.js';
import type { HeldLease } from './held-lease.js';
import { forgetRequest } from './request-key.js';
import { explain, type TurnCore } from './turn-core.js';

const unanswered = 'The backend did not answer; what was sent may still take effect.';

/** A key that has just been found must find its log too. */
const longerThanKeySeconds = 60;

/** A turn that has begun: its lease, its log and its key. */
export function createHeldTurn(
  core: TurnCore,
  contextId: string,
  request: TurnRequest,
  lease: HeldLease,
): HeldTurn {
  const { logSeconds, idempotencySeconds } = core.settings;
  const keyedSeconds = Math.max(logSeconds, idempotencySeconds + longerThanKeySeconds);
  const keepSeconds = request.idempotency === undefined ? logSeconds : keyedSeconds;
  const log = new EventLog(core, contextId, lease, keepSeconds);
  const { turn, token } = lease;
  const { turns, tokens } = lease.lease;
  let ended: Promise<NumberedEvent> | undefined;
  const end = async (last: LoggedEvent, isSafe: boolean) => {
    try {
      const logged = await log.end(last);
      await lease.release();
      return logged;
    } catch (error) {
      // The lease ends by itself, and whoever finds that ends the log.
      lease.drop();
      if (!isSafe) return interruptedEvent;
      throw explain(core, error, 'end', contextId);
    }
  };
  return {
    turn,
    fencingToken: token,
    usage: { turns, tokens },
    onStop: (listener) => lease.onStop(listener),
    log: (event) => log.add(event),
    useTokens: (count) => lease.addTokens(count),
    end: (last) => {
      // If it is not safe by now, no end of its own is in the log, or on its way there.
      const { isSafe } = lease;
      ended ??= core.underWay.after(contextId, () => untilExpired(lease, end(last, isSafe), isSafe));
      return ended;
    },
    abandon: () => {
      log.discard();
      return core.underWay.after(contextId, () => giveBack(core, contextId, request, lease));
    },
  };
}

/**
 * A store may never answer. Once somebody else may have the lease, it is not waited for any more: a turn that has sent no end is
 * interrupted, and of one that has nobody knows.
 */
function untilExpired(
  lease: HeldLease,
  ending: Promise<NumberedEvent>,
  hasSentEnd: boolean,
): Promise<NumberedEvent> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = () => {
      const { leftMs } = lease;
      if (leftMs > 0) timer = setTimeout(wait, leftMs);
      else if (hasSentEnd) reject(new AgentStoreError('UNAVAILABLE', unanswered));
      else resolve(interruptedEvent);
    };
    wait();
    ending.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Undoes the begin of a turn that has done nothing. What fails of it is left to its time. */
export async function giveBack(
  core: TurnCore,
  contextId: string,
  request: TurnRequest,
  lease: HeldLease,
): Promise<void> {
  await forgetRequest(core, contextId, request).catch(() => {});
  await lease.release(false);
}
