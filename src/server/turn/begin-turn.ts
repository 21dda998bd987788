import { hostname } from 'node:os';
import { createId } from '../../domain/create-id.js';
import type { HeldTurn, StopReason, TurnRequest, TurnStore } from '../../domain/turn-store.js';
import {
  type HttpError,
  keyReused,
  tokenLimit,
  turnCancelled,
  turnInterrupted,
  turnLimit,
  turnRunning,
} from '../failures/http-error.js';
import { createTurnId } from '../process/turn-id.js';
import type { ServerContext } from '../server-context.js';
import type { RunningTurn } from '../sessions/running-turn.js';
import type { LiveTurn } from './live-turn.js';

/** A turn that has begun, in this process and, if there is a turn store, everywhere. */
export interface BegunTurn {
  readonly turn: RunningTurn;
  readonly live: LiveTurn;
  readonly held: HeldTurn | undefined;
}

/** The turn that the same request has begun before. */
export interface RepeatedTurn {
  readonly repeated: string;
}

/** Where the turns of this process run, for people to read. */
const holder = `${hostname()} (${process.pid})`;

type Idempotency = TurnRequest['idempotency'];

/** Begins a turn that nobody outside of this process knows of. @throws HttpError if another one runs, or the session has had its share. */
export function beginLocally(
  server: ServerContext,
  sessionId: string,
  idempotency: Idempotency,
): BegunTurn | RepeatedTurn {
  const known = findRepeated(server, sessionId, idempotency);
  if (known !== undefined) return known;
  const { maxTurnsPerSession, maxTokensPerSession } = server.config;
  const { turns, tokens } = server.usage.of(sessionId);
  if (turns >= maxTurnsPerSession) throw turnLimit();
  if (tokens >= maxTokensPerSession) throw tokenLimit();
  const turn = server.sessions.begin(sessionId);
  return { turn, live: server.turns.begin({ id: createTurnId(), sessionId, idempotency }), held: undefined };
}

/** Begins a turn in all processes that share the turn store. @throws HttpError as `beginLocally` does, wherever the other one runs. */
export async function beginShared(
  server: ServerContext,
  turnStore: TurnStore,
  sessionId: string,
  idempotency: Idempotency,
): Promise<BegunTurn | RepeatedTurn> {
  const known = findRepeated(server, sessionId, idempotency);
  if (known !== undefined) return known;
  const isRunning = server.sessions.find(sessionId)?.turn !== undefined;
  // With a key, it may still stand for an earlier turn.
  if (isRunning && idempotency === undefined) throw turnRunning();
  const turn = isRunning ? undefined : server.sessions.begin(sessionId);
  let held: HeldTurn | undefined;
  try {
    const id = createId();
    const start = await turnStore.begin(sessionId, { turn: id, holder, ...(idempotency && { idempotency }) });
    if (start.outcome === 'repeated') return { repeated: start.turn };
    if (start.outcome === 'key-reused') throw keyReused();
    if (start.outcome === 'busy') throw turnRunning();
    if (turn === undefined) {
      // The turn that ran here has ended in between.
      await start.turn.abandon();
      throw turnRunning();
    }
    await requireUse(server, turn, start.turn);
    held = start.turn;
    held.onStop((reason) => void turn.stop(toStopError(reason)));
    return { turn, live: server.turns.begin({ id, sessionId, idempotency }), held };
  } finally {
    if (held === undefined && turn !== undefined) server.sessions.end(turn, true);
  }
}

/** Gives a turn back that may not run. */
async function requireUse({ config }: ServerContext, turn: RunningTurn, held: HeldTurn): Promise<void> {
  const { turns, tokens } = held.usage;
  try {
    if (turns > config.maxTurnsPerSession) throw turnLimit();
    if (tokens >= config.maxTokensPerSession) throw tokenLimit();
    turn.signal.throwIfStopped();
  } catch (error) {
    await held.abandon();
    throw error;
  }
}

/** The turn in this process that the same request has begun. @throws HttpError `KEY_REUSED` if it was another request. */
function findRepeated(
  { turns }: ServerContext,
  sessionId: string,
  idempotency: Idempotency,
): RepeatedTurn | undefined {
  if (idempotency === undefined) return undefined;
  const known = turns.findByKey(sessionId, idempotency.key);
  if (known === undefined) return undefined;
  if (known.idempotency?.hash !== idempotency.hash) throw keyReused();
  return { repeated: known.id };
}

function toStopError(reason: StopReason): HttpError {
  return reason === 'cancelled' ? turnCancelled() : turnInterrupted();
}
