import type { Agent, AgentEvent, StartTurnOptions } from '../../domain/agent.js';
import type { AgentState } from '../../domain/agent-state.js';
import type { AgentStoreErrorCode } from '../../domain/errors.js';
import { isStoreCode, storeFailed } from '../failures/http-error.js';
import type { RunningTurn } from '../sessions/running-turn.js';
import { EventGate, type EventOutput, hasFailed } from './event-gate.js';
import { type EventObserver, observe, unlessStopped } from './observe.js';

/** What the caller asks the agent: a message, or answers to what it has asked. */
export interface TurnInput {
  readonly message: string | null;
  readonly options: StartTurnOptions;
}

/** Where the events go. */
export interface AttemptOutput extends EventOutput {
  /** True once it is too late to answer with a status: what goes wrong now is an event. */
  readonly isOpen: boolean;
  /** Called when the agent has started its turn. */
  start(): void;
}

export interface AttemptOptions {
  readonly turn: RunningTurn;
  readonly input: TurnInput;
  readonly output: AttemptOutput;
  /** The state in the store, or `null` if there is none or it cannot be looked at. */
  peek(): Promise<AgentState | null>;
  /** The event that tells the caller of a failure. */
  describeFailure(error: unknown): AgentEvent;
  /** Told why an agent from an earlier turn was replaced. */
  onReplaced(error: unknown): void;
}

/** How a turn ended. Only an agent that has completed its turn can run another. */
export interface TurnEnd {
  readonly outcome: 'completed' | 'failed';
  readonly error?: unknown;
}

/**
 * What another agent may do if this one was refused: `live` is from an earlier turn, and another process may have run the session
 * since; `new` has loaded what another process may still have been writing; none comes after the `last`.
 */
export type AgentKind = 'live' | 'new' | 'last';

/** One agent's try at a turn. */
export class Attempt implements EventObserver {
  readonly #agent: Agent;
  readonly #kind: AgentKind;
  readonly #options: AttemptOptions;
  readonly #startOver: () => Promise<TurnEnd>;
  readonly #gate: EventGate;
  /** The states that this agent may have saved, from before the turn on. Of a new agent, only the first is kept. */
  readonly #states: AgentState[] = [];
  #hasStarted = false;

  /** @param startOver - Lets a new agent repeat the turn, since somebody else has saved the session since this one ran it. */
  constructor(agent: Agent, kind: AgentKind, options: AttemptOptions, startOver: () => Promise<TurnEnd>) {
    this.#agent = agent;
    this.#kind = kind;
    this.#options = options;
    this.#startOver = startOver;
    this.#gate = new EventGate(options.output, kind !== 'last');
  }

  /** Not async, which would take a promise more. */
  run(): Promise<TurnEnd> {
    const { turn, input } = this.#options;
    const start = () => {
      this.#states.push(this.#agent.state);
      turn.hasStarted = true;
      return this.#agent.startTurn(input.message, input.options);
    };
    return observe(turn.signal, start, this).then(
      () => this.#complete(),
      (error) => this.#fail(error),
    );
  }

  #complete(): TurnEnd | Promise<TurnEnd> {
    try {
      this.#throwIfFailed();
      this.#gate.complete();
      return { outcome: 'completed' };
    } catch (error) {
      return this.#fail(error);
    }
  }

  onStart(subscribe: () => void): void {
    this.#hasStarted = true;
    const { state } = this.#agent;
    if (this.#kind === 'live') this.#states.push(state);
    subscribe();
    // An agent that loads its session only now may still find that it cannot.
    if (state.status !== 'created') this.#options.output.start();
  }

  take(event: AgentEvent): void {
    if (this.#kind === 'live' && this.#gate.isTentative) this.#states.push(this.#agent.state);
    this.#gate.next(event);
  }

  #throwIfFailed(): void {
    const { last } = this.#gate;
    const { status, error } = this.#agent.state;
    if (last !== undefined && hasFailed(last)) {
      const message: unknown = Reflect.get(last, 'message');
      throw new AgentFailure(typeof message === 'string' ? message : error?.message);
    }
    if (status === 'error') throw new AgentFailure(error?.message);
  }

  async #fail(error: unknown): Promise<TurnEnd> {
    const { turn, output } = this.#options;
    if (await this.#isOutdated()) {
      this.#options.onReplaced(error);
      return this.#startOver();
    }
    const code = turn.signal.isStopped ? undefined : this.#storeCode();
    const failure = code === undefined ? error : storeFailed(code, error);
    const isSilent = this.#gate.isSilent && !output.isOpen;
    if (!this.#hasStarted || (isSilent && code !== undefined)) throw failure;
    const { last } = this.#gate;
    // What the agent said last stays.
    const isOwn = last !== undefined && hasFailed(last) && !turn.signal.isStopped;
    this.#gate.fail(isOwn ? { ...(code && { code }), ...last } : this.#options.describeFailure(failure));
    return { outcome: 'failed', error: failure };
  }

  /**
   * Whether the store shows that somebody else has saved the session since this agent did: by a state that is none this
   * agent has left there, or by a conflict that a save of this agent met. If nothing is known of it, nobody has.
   */
  async #isOutdated(): Promise<boolean> {
    const { turn } = this.#options;
    if (this.#kind === 'last' || !this.#gate.isTentative || turn.signal.isStopped) return false;
    try {
      this.#states.push(this.#agent.state);
      const stored = await unlessStopped(turn.signal, () => this.#options.peek());
      if (stored === null) return false;
      if (this.#storeCode() === 'CONFLICT') return true;
      return this.#kind === 'live' && !this.#states.some((state) => isSameSave(state, stored));
    } catch {
      return false; // The failure of the turn is told. That the store does not answer is not the cause.
    }
  }

  /** The code of a store's failure, if that is what has put the agent into its error in this turn. */
  #storeCode(): AgentStoreErrorCode | undefined {
    try {
      const { status, error } = this.#agent.state;
      const before = this.#states[0]?.error;
      if (status !== 'error' || error === undefined) return undefined;
      const isOld = before !== undefined && before.name === error.name && before.message === error.message;
      return !isOld && isStoreCode(error.code) ? error.code : undefined;
    } catch {
      return undefined; // The agent cannot tell its state.
    }
  }
}

function isSameSave(one: AgentState, other: AgentState): boolean {
  return (
    one.status === other.status &&
    one.turnCount === other.turnCount &&
    one.lastActivity.getTime() === other.lastActivity.getTime()
  );
}

/** The agent has ended its turn and says that it failed. */
class AgentFailure extends Error {
  override readonly name = 'AgentFailure';
  constructor(message = 'The agent failed.') {
    super(message);
  }
}
