import { AgentStoreError } from '../errors.js';
import { createRevision } from '../store/revision.js';
import { pause } from '../store/settled-put.js';
import type { HeldTurn } from '../turn-store.js';
import { markCancelled } from '../turns/acquire-lease.js';
import type { SessionCores, SessionStores } from './session-stores.js';

/** A session that nobody else runs a turn of, for as long as work on it goes on. */
export interface HeldSession {
  /** Greater than that of every turn before. */
  readonly token: number;
  /** To be called before each step. @throws AgentStoreError `UNAVAILABLE` if the work must end. */
  requireHeld(): void;
}

/** What holding a session takes. */
export interface HoldOptions {
  /** What the lease says of its holder. */
  readonly purpose: string;
  /** How long to wait for a running turn. */
  readonly waitSeconds: number;
  /** True to ask a running turn to stop, unless it is not waited for. */
  readonly stopsTurn: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes the lease of a session, does the work, and gives the lease back. `null` if a turn goes on for longer than it waits.
 *
 * @throws AgentStoreError `UNAVAILABLE` if the work was stopped.
 */
export async function holdSession<Result>(
  { turnStore }: SessionStores,
  { turns }: SessionCores,
  contextId: string,
  { purpose, waitSeconds, stopsTurn, signal }: HoldOptions,
  work: (session: HeldSession) => Promise<Result>,
): Promise<Result | null> {
  const revision = createRevision({ previous: '', text: contextId, now: turns.settings.now() });
  const request = { turn: `${purpose}-${revision}`, holder: purpose };
  const deadline = performance.now() + waitSeconds * 1_000;
  for (let tries = 0; ; tries++) {
    requireGoing(signal);
    const start = await turnStore.begin(contextId, request);
    if (start.outcome === 'begun') return runHeld(start.turn, work);
    // Without an idempotency key, a turn begins, or another one is in its way.
    if (start.outcome === 'key-reused' || performance.now() >= deadline) return null;
    if (stopsTurn) await markCancelled(turns, contextId, start.turn);
    await pause(tries);
  }
}

/** The error if a turn goes on for longer than it was waited for. */
export function turnRuns(): AgentStoreError {
  const message = 'A turn of the session is running. Try again when it has ended.';
  return new AgentStoreError('UNAVAILABLE', message);
}

/** @throws AgentStoreError `UNAVAILABLE` if the caller wants no more. */
export function requireGoing(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  const cause: unknown = signal.reason;
  throw new AgentStoreError('UNAVAILABLE', 'It was stopped before it was done. Run it again.', { cause });
}

async function runHeld<Result>(
  turn: HeldTurn,
  work: (session: HeldSession) => Promise<Result>,
): Promise<Result> {
  let isLost = false;
  const requireHeld = () => {
    // Asked anew each time: this process may have been suspended, and its timers have not told yet.
    turn.onStop(() => {
      isLost = true;
    });
    if (isLost)
      throw new AgentStoreError(
        'UNAVAILABLE',
        'The lease of the session was lost, or taken back. Run it again.',
      );
  };
  try {
    return await work({ token: turn.fencingToken, requireHeld });
  } finally {
    await turn.abandon();
  }
}
