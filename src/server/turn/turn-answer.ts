import type { Agent } from '../../domain/agent.js';
import { isResumable } from '../../domain/agent-state.js';
import {
  type HeldTurn,
  interruptedNumber,
  type TurnRequest as StoredRequest,
} from '../../domain/turn-store.js';
import { HttpError, toHttpError, unknownSession } from '../failures/http-error.js';
import type { Redactor } from '../failures/redactor.js';
import type { Exchange } from '../http/exchange.js';
import { type TurnBody, toTurnInput } from '../invocation/request-body.js';
import type { RequestHead } from '../invocation/request-head.js';
import { maxTimerMs } from '../process/timing.js';
import type { AgentContext } from '../request-context.js';
import type { ServerContext } from '../server-context.js';
import type { RunningTurn } from '../sessions/running-turn.js';
import { readState } from '../sessions/session-state.js';
import type { ObservedRequest } from '../telemetry/observed-request.js';
import type { ObservedTurn } from '../telemetry/observed-turn.js';
import { answerAttach } from './attach.js';
import type { TurnEnd } from './attempt.js';
import { type BegunTurn, beginLocally, beginShared, type RepeatedTurn } from './begin-turn.js';
import { toErrorEvent } from './event-format.js';
import type { LiveTurn } from './live-turn.js';
import { unlessStopped } from './observe.js';
import { countTokens, countTurn } from './token-usage.js';
import { runTurn } from './turn.js';
import { TurnContext } from './turn-context.js';
import { TurnOutput } from './turn-output.js';
import { TurnStream } from './turn-stream.js';

export interface TurnRequest {
  readonly exchange: Exchange;
  readonly head: RequestHead;
  readonly sessionId: string;
  readonly authContext: unknown;
  readonly body: TurnBody;
  readonly redactor: Redactor;
  readonly idempotency: StoredRequest['idempotency'];
  readonly observed: ObservedRequest | undefined;
}

/** How a turn ended, and for whom. */
export interface TurnAnswerEnd extends TurnEnd {
  /** True if the caller who asked for the turn has left before its end. */
  readonly callerLeft?: boolean;
}

/**
 * Runs a turn and streams it, or what the same request has begun before. Throws or rejects with what went wrong before the answer
 * was open; from then on the answer tells by itself. When the promise settles, the session is free.
 */
export function answerTurn(server: ServerContext, turnRequest: TurnRequest): Promise<TurnAnswerEnd> {
  const { sessionId, idempotency } = turnRequest;
  const { turnStore } = server.config;
  const answer = (begun: BegunTurn | RepeatedTurn) =>
    'repeated' in begun
      ? answerRepeated(server, turnRequest, begun)
      : observeBegun(server, turnRequest, begun);
  if (turnStore === undefined) return answer(beginLocally(server, sessionId, idempotency));
  return beginShared(server, turnStore, sessionId, idempotency).then(answer);
}

async function answerRepeated(
  server: ServerContext,
  { exchange, sessionId, observed }: TurnRequest,
  { repeated }: RepeatedTurn,
): Promise<TurnAnswerEnd> {
  const lastEventId = { turn: repeated, number: 0 };
  const attach = { exchange, sessionId, lastEventId, isRepeat: true, observed };
  const { callerLeft } = await answerAttach(server, attach);
  return { outcome: 'completed', callerLeft };
}

/** Runs the turn inside of its span, if telemetry wants to hear of it. */
function observeBegun(
  server: ServerContext,
  turnRequest: TurnRequest,
  begun: BegunTurn,
): Promise<TurnAnswerEnd> {
  const { observed, body } = turnRequest;
  if (observed === undefined) return runBegun(server, turnRequest, begun, undefined);
  const { id: turnId, sessionId } = begun.live;
  // Not the credentials.
  const said = body.type === 'prompt' ? body.prompt : body.inputs?.map(({ value }) => value);
  const turn = observed.turn({ sessionId, turnId, said });
  const run = () => runBegun(server, turnRequest, begun, turn);
  return turn === undefined ? run() : turn.run(run);
}

async function runBegun(
  server: ServerContext,
  turnRequest: TurnRequest,
  begun: BegunTurn,
  observed: ObservedTurn | undefined,
): Promise<TurnAnswerEnd> {
  const { turn, live, held } = begun;
  const { secondsLeft = Number.POSITIVE_INFINITY } = turnRequest.exchange;
  const timer = stopInTime(turn, Math.min(server.config.turnTimeoutSeconds, secondsLeft));
  const stream = openStream(server, turnRequest, turn, live);
  let hasThrown = false;
  const fail = (error: unknown): TurnEnd => {
    hasThrown = true;
    // Not the message of the error itself: what made the agent fail to start is not for callers.
    live.finish(toErrorEvent(toHttpError(error), turnRequest.redactor));
    return { outcome: 'failed', error };
  };
  let end: TurnEnd;
  try {
    if (turnRequest.body.type === 'resume')
      await unlessStopped(turn.signal, () => requireResumable(server, turn));
    end = await startTurn(server, turnRequest, begun, stream, observed);
  } catch (error) {
    end = fail(error);
  }
  try {
    // Not awaited if there is nothing to wait for: a turn that is over in its first tick is one write.
    if (held !== undefined) await giveBack(turn, live, held);
  } catch (error) {
    end = { outcome: 'failed', error };
    live.cutOff(error);
  }
  clearTimeout(timer);
  // What goes wrong before the answer is open is told by a status, and by an event to others who listen.
  const isStatus = hasThrown && !stream.isOpen;
  if (isStatus) live.leave(stream);
  countTurn(server, begun);
  // The session is freed first: whoever has seen the end of the stream may start the next turn.
  server.sessions.end(turn, end.outcome === 'completed');
  observed?.end(end, live.isEndElsewhere);
  const isAnswer = turn.hasStarted && live.idempotency !== undefined;
  const isKnown = !live.isEndElsewhere && (!isStatus || live.isHeard || isAnswer);
  live.end();
  server.turns.end(live, { isKnown, isAnswer });
  stream.close();
  if (isStatus) throw end.error;
  stream.throwIfFailed();
  return stream.hasLeft ? { ...end, callerLeft: true } : end;
}

/** Writes the end of a turn before anybody hears it, and then gives its lease back. One that did nothing leaves nothing. */
async function giveBack({ hasStarted }: RunningTurn, live: LiveTurn, held: HeldTurn): Promise<void> {
  if (!hasStarted || live.last === undefined) return held.abandon();
  const { kind, data } = live.last;
  const { number, ...last } = await held.end({ kind, data });
  if (number === interruptedNumber) live.interrupt(last);
}

/** The answer to the caller who has asked for the turn. */
function openStream(
  { config, keepAlives, budget }: ServerContext,
  { exchange, observed }: TurnRequest,
  turn: RunningTurn,
  live: LiveTurn,
): TurnStream {
  const { onDisconnect } = config;
  const { id: turnId, sessionId } = live;
  const onGone = (why: string) => {
    live.leave(stream);
    observed?.end({ status: stream.isOpen ? 200 : 499, hasFailed: false, callerLeft: true });
    if (onDisconnect === 'cancel') void turn.stop(new HttpError('CLIENT_GONE', why));
  };
  const stream = new TurnStream({ exchange, sessionId, turnId, keepAlives, budget, onGone });
  live.attach(stream, 0);
  stream.watch();
  return stream;
}

function startTurn(
  server: ServerContext,
  { head, sessionId, authContext, body, redactor }: TurnRequest,
  begun: BegunTurn,
  stream: TurnStream,
  observed: ObservedTurn | undefined,
): Promise<TurnEnd> {
  const { agentStore } = server.config;
  const { turn, live, held } = begun;
  return runTurn({
    turn,
    input: toTurnInput(body, authContext),
    output: new TurnOutput(live, stream, held, countTokens(server, begun), observed),
    createContext: () => new TurnContext(head, authContext, turn, agentStore, held?.fencingToken),
    createAgent: (whole) => createAgent(server, whole),
    redactor,
    trackTask: server.trackTask,
    hasLease: held !== undefined,
    peek: async () => (await agentStore?.peek?.(sessionId)) ?? null,
    describeFailure: (error) => toErrorEvent(error, redactor),
    onReplaced: (error) => {
      const fields = { sessionId, error: redactor.describe(error) };
      server.logger.warn(fields, 'Another process has run the session since, and its agent was replaced.');
    },
  });
}

function stopInTime(turn: RunningTurn, timeoutSeconds: number): ReturnType<typeof setTimeout> | undefined {
  const timeoutMs = timeoutSeconds * 1_000;
  if (timeoutMs > maxTimerMs) return undefined;
  return setTimeout(() => turn.stop(new HttpError('TIMED_OUT', 'The turn took too long.')), timeoutMs);
}

async function requireResumable({ sessions, config }: ServerContext, turn: RunningTurn): Promise<void> {
  const { agentStore } = config;
  const { contextId } = turn.session;
  if (agentStore === undefined) {
    // Another process may have asked since this agent ran, and nothing tells. A new one knows what there is to answer.
    turn.session.agent = undefined;
    return;
  }
  const state = await readState(contextId, sessions, agentStore, turn);
  if (state === null) throw unknownSession();
  if (!isResumable(state)) throw new HttpError('NOT_RESUMABLE', 'This session waits for no answer.');
}

async function createAgent({ sessions, config }: ServerContext, context: AgentContext): Promise<Agent> {
  await sessions.settled(context.sessionId);
  return config.agent(context.sessionId, context);
}
