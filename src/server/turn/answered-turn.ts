import type { Agent, AgentEvent } from '../../domain/agent.js';
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
import type { AgentContext, TrackTask } from '../request-context.js';
import type { ServerContext } from '../server-context.js';
import type { RunningTurn } from '../sessions/running-turn.js';
import { readState } from '../sessions/session-state.js';
import type { ObservedRequest } from '../telemetry/observed-request.js';
import type { ObservedTurn } from '../telemetry/observed-turn.js';
import type { TurnEnd, TurnInput } from './attempt.js';
import type { BegunTurn } from './begin-turn.js';
import { toErrorEvent } from './event-format.js';
import type { LiveTurn } from './live-turn.js';
import { unlessStopped } from './observe.js';
import { countTokens, countTurn } from './token-usage.js';
import { runTurn, type TurnOptions } from './turn.js';
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
 * A turn that has begun, and the answer to the caller who has asked for it. Its path waits with `then`, and passes methods on: each `async`
 * function and each closure that is made for a turn takes a measurable part of a short one.
 */
export class AnsweredTurn implements TurnOptions {
  readonly turn: RunningTurn;
  readonly input: TurnInput;
  readonly output: TurnOutput;
  readonly redactor: Redactor;
  readonly trackTask: TrackTask;
  readonly hasLease: boolean;
  readonly #server: ServerContext;
  readonly #request: TurnRequest;
  readonly #begun: BegunTurn;
  readonly #live: LiveTurn;
  readonly #held: HeldTurn | undefined;
  readonly #observed: ObservedTurn | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #stream: TurnStream;
  #hasThrown = false;

  constructor(
    server: ServerContext,
    request: TurnRequest,
    begun: BegunTurn,
    observed: ObservedTurn | undefined,
  ) {
    const { turn, live, held } = begun;
    this.#server = server;
    this.#request = request;
    this.#begun = begun;
    this.#live = live;
    this.#held = held;
    this.#observed = observed;
    this.turn = turn;
    this.input = toTurnInput(request.body, request.authContext);
    this.redactor = request.redactor;
    this.trackTask = server.trackTask;
    this.hasLease = held !== undefined;
    const { secondsLeft = Number.POSITIVE_INFINITY } = request.exchange;
    this.#timer = stopInTime(turn, Math.min(server.config.turnTimeoutSeconds, secondsLeft));
    this.#stream = this.#openStream();
    this.output = new TurnOutput(live, this.#stream, held, countTokens(server, begun), observed);
  }

  /** Settles when the session is free. Rejects with what went wrong before the answer was open. */
  run(): Promise<TurnAnswerEnd> {
    return this.#start().then(
      (end) => this.#end(end),
      (error: unknown) => this.#end(this.#fail(error)),
    );
  }

  createContext(): AgentContext {
    const { head, authContext } = this.#request;
    const { agentStore } = this.#server.config;
    return new TurnContext(head, authContext, this.turn, agentStore, this.#held?.fencingToken);
  }

  async createAgent(context: AgentContext): Promise<Agent> {
    const { sessions, config } = this.#server;
    await sessions.settled(context.sessionId);
    return config.agent(context.sessionId, context);
  }

  async peek() {
    return (await this.#server.config.agentStore?.peek?.(this.#live.sessionId)) ?? null;
  }

  describeFailure(error: unknown): AgentEvent {
    return toErrorEvent(error, this.redactor);
  }

  onReplaced(error: unknown): void {
    const fields = { sessionId: this.#live.sessionId, error: this.redactor.describe(error) };
    const message = 'Another process has run the session since, and its agent was replaced.';
    this.#server.logger.warn(fields, message);
  }

  #openStream(): TurnStream {
    const { keepAlives, budget } = this.#server;
    const { id: turnId, sessionId } = this.#live;
    const onGone = (why: string) => this.#leave(why);
    const { exchange } = this.#request;
    const stream = new TurnStream({ exchange, sessionId, turnId, keepAlives, budget, onGone });
    this.#live.attach(stream, 0);
    return stream;
  }

  #leave(why: string): void {
    this.#live.leave(this.#stream);
    const status = this.#stream.isOpen ? 200 : 499;
    this.#request.observed?.end({ status, hasFailed: false, callerLeft: true });
    if (this.#server.config.onDisconnect === 'cancel') void this.turn.stop(new HttpError('CLIENT_GONE', why));
  }

  #start(): Promise<TurnEnd> {
    this.#stream.watch();
    if (this.#request.body.type !== 'resume') return runTurn(this);
    return unlessStopped(this.turn.signal, () => this.#requireResumable()).then(() => runTurn(this));
  }

  async #requireResumable(): Promise<void> {
    const { sessions, config } = this.#server;
    const { session } = this.turn;
    if (config.agentStore === undefined) {
      // Another process may have asked since this agent ran, and nothing tells. A new one knows what there is to answer.
      session.agent = undefined;
      return;
    }
    const state = await readState(session.contextId, sessions, config.agentStore, this.turn);
    if (state === null) throw unknownSession();
    if (!isResumable(state)) throw new HttpError('NOT_RESUMABLE', 'This session waits for no answer.');
  }

  #fail(error: unknown): TurnEnd {
    this.#hasThrown = true;
    // Not the message of the error itself: what made the agent fail to start is not for callers.
    this.#live.finish(toErrorEvent(toHttpError(error), this.redactor));
    return { outcome: 'failed', error };
  }

  /** Not awaited if there is nothing to wait for: a turn that is over in its first tick is one write. */
  #end(end: TurnEnd): TurnAnswerEnd | Promise<TurnAnswerEnd> {
    return this.#held === undefined ? this.#finish(end) : this.#endHeld(this.#held, end);
  }

  async #endHeld(held: HeldTurn, end: TurnEnd): Promise<TurnAnswerEnd> {
    let failure: TurnEnd | undefined;
    try {
      await this.#giveBack(held);
    } catch (error) {
      failure = { outcome: 'failed', error };
      this.#live.cutOff(error);
    }
    return this.#finish(failure ?? end);
  }

  /** Writes the end of a turn before anybody hears it, and then gives its lease back. One that did nothing leaves nothing. */
  async #giveBack(held: HeldTurn): Promise<void> {
    if (!this.turn.hasStarted || this.#live.last === undefined) return held.abandon();
    const { kind, data } = this.#live.last;
    const { number, ...last } = await held.end({ kind, data });
    if (number === interruptedNumber) this.#live.interrupt(last);
  }

  #finish(end: TurnEnd): TurnAnswerEnd {
    const [turn, live, stream] = [this.turn, this.#live, this.#stream];
    const { sessions, turns } = this.#server;
    clearTimeout(this.#timer);
    // What goes wrong before the answer is open is told by a status, and by an event to others who listen.
    const isStatus = this.#hasThrown && !stream.isOpen;
    if (isStatus) live.leave(stream);
    countTurn(this.#server, this.#begun);
    // The session is freed first: whoever has seen the end of the stream may start the next turn.
    sessions.end(turn, end.outcome === 'completed');
    this.#observed?.end(end, live.isEndElsewhere);
    const isAnswer = turn.hasStarted && live.idempotency !== undefined;
    const isKnown = !live.isEndElsewhere && (!isStatus || live.isHeard || isAnswer);
    live.end();
    turns.end(live, { isKnown, isAnswer });
    stream.close();
    if (isStatus) throw end.error;
    stream.throwIfFailed();
    return stream.hasLeft ? { ...end, callerLeft: true } : end;
  }
}

function stopInTime(turn: RunningTurn, timeoutSeconds: number): ReturnType<typeof setTimeout> | undefined {
  const timeoutMs = timeoutSeconds * 1_000;
  if (timeoutMs > maxTimerMs) return undefined;
  return setTimeout(() => turn.stop(new HttpError('TIMED_OUT', 'The turn took too long.')), timeoutMs);
}
