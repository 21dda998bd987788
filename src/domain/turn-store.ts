/**
 * One event of a turn, as it is kept.
 *
 * @example
 * const event: LoggedEvent = { kind: 'content-delta', data: '{"delta":"Hello"}' };
 */
export interface LoggedEvent {
  readonly kind: string;
  /** The other fields of the event, as the text of a JSON object. */
  readonly data: string;
}

/**
 * A logged event and its number in its turn.
 *
 * @example
 * const toId = (turn: string, { number }: NumberedEvent) => `${turn}:${number}`;
 */
export interface NumberedEvent extends LoggedEvent {
  /** Counted from 1. The end that others write for an interrupted turn has {@link interruptedNumber}, which is behind all. */
  readonly number: number;
}

/**
 * The number of the last event of a turn that was interrupted: greater than any that the turn itself has given.
 *
 * @example
 * const wasInterrupted = ({ number }: NumberedEvent) => number === interruptedNumber;
 */
export const interruptedNumber = Number.MAX_SAFE_INTEGER;

/**
 * What a session's turn is begun with.
 *
 * @example
 * const request: TurnRequest = { turn: crypto.randomUUID(), holder: 'host-1 (4711)' };
 */
export interface TurnRequest {
  /** The id of the turn, which no other turn has: up to 64 letters, digits, `-` and `_`. */
  readonly turn: string;
  /** Where it runs, for people to read. */
  readonly holder: string;
  /** Under what the same request may come again. */
  readonly idempotency?: {
    readonly key: string;
    /** Tells one request from another under the same key: a hash of its body. */
    readonly hash: string;
  };
}

/**
 * What became of the wish to begin a turn: it has begun; or another one runs; or the key is known, and `turn` is what it
 * stands for; or it stands for another request.
 *
 * @example
 * const mayRetry = ({ outcome }: TurnStart) => outcome === 'busy';
 */
export type TurnStart =
  | { readonly outcome: 'begun'; readonly turn: HeldTurn }
  | { readonly outcome: 'busy'; readonly turn: string }
  | { readonly outcome: 'repeated'; readonly turn: string }
  | { readonly outcome: 'key-reused' };

/**
 * Why a turn must stop: somebody has asked for it, or the session may be somebody else's by now.
 *
 * @example
 * const isOurs = (reason: StopReason) => reason === 'cancelled';
 */
export type StopReason = 'cancelled' | 'lost';

/**
 * How a session's turns were used so far, the one that has begun included.
 *
 * @example
 * const isOver = ({ turns, tokens }: SessionUsage) => turns > 100 || tokens > 1_000_000;
 */
export interface SessionUsage {
  readonly turns: number;
  readonly tokens: number;
}

/**
 * A turn that holds the lease of its session. The lease is renewed until `end`.
 *
 * @example
 * held.onStop((reason) => controller.abort(reason));
 * held.log({ kind: 'content-delta', data: '{"delta":"Hello"}' });
 * await held.end({ kind: 'task-complete', data: '{}' });
 */
export interface HeldTurn {
  readonly turn: string;
  /** Greater than that of every earlier turn of the session: what is written with a smaller one comes too late. */
  readonly fencingToken: number;
  readonly usage: SessionUsage;
  /** Calls back once, when the turn must stop; at once if it must already. */
  onStop(listener: (reason: StopReason) => void): void;
  /** Takes an event into the log, which is written in the background. */
  log(event: LoggedEvent): void;
  /** Adds to the tokens that the session has used. They are written with the next renewal, or with the end. */
  useTokens(count: number): void;
  /**
   * Writes what is left of the log, with the last event, and then gives the lease back. Resolves to the last event of the turn: another
   * one than that given if somebody else has taken the turn for interrupted before.
   */
  end(last: LoggedEvent): Promise<NumberedEvent>;
  /** Gives the lease back of a turn that has done nothing. It leaves no log, and its idempotency key can be used again. */
  abandon(): Promise<void>;
}

/**
 * Something that a reader of a log comes upon: an event, or a gap in place of events that are no longer held.
 *
 * @example
 * const isGap = (item: LogItem): item is LogGap => 'lost' in item;
 */
export type LogItem = NumberedEvent | LogGap;

/**
 * Events that are no longer held.
 *
 * @example
 * const describe = ({ lost }: LogGap) => `${lost.from} to ${lost.to}`;
 */
export interface LogGap {
  /** Their numbers, both included. */
  readonly lost: { readonly from: number; readonly to: number };
}

/**
 * A turn that runs.
 *
 * @example
 * const ageMs = ({ since }: RunningTurn) => Date.now() - since.getTime();
 */
export interface RunningTurn {
  readonly contextId: string;
  readonly turn: string;
  readonly since: Date;
  /** Where it runs. */
  readonly holder: string;
  /** That the session has used so far, as of the last renewal. */
  readonly tokens: number;
}

/**
 * Keeps what turns need beyond their process: who may run one, what they have said, what has been asked already, and whose a
 * session is. Every method rejects with `AgentStoreError`.
 *
 * @example
 * await serve({ agent: async (contextId) => new MyAgent(contextId), agentStore, turnStore });
 */
export interface TurnStore {
  /** Begins a turn if none of the session runs, anywhere. */
  begin(contextId: string, request: TurnRequest): Promise<TurnStart>;
  /** The id of the turn that runs, or `null`. */
  runningTurn(contextId: string): Promise<string | null>;
  /**
   * The events of a turn behind number `after`, and then each as it is logged, to the last one. A turn whose process has vanished
   * ends with an `error` event of the code `INTERRUPTED`. If
   * nothing is known of the turn, or not any more, there is a gap to the end.
   *
   * @param signal - Ends the reading.
   */
  read(contextId: string, turn: string, after: number, signal?: AbortSignal): AsyncGenerator<LogItem>;
  /** Has the running turn stopped, wherever it runs, and resolves when it has; to `false` if none runs. */
  cancel(contextId: string): Promise<boolean>;
  /** Makes somebody the owner of a session if nobody is. True if this is the owner now. */
  claim(contextId: string, owner: string): Promise<boolean>;
  /** Whose a session is, or `null` if it is nobody's. */
  owner(contextId: string): Promise<string | null>;
  /** Makes a session nobody's: to be called when it is erased. */
  disown(contextId: string): Promise<void>;
  /** The turns of all sessions that run now. @throws AgentStoreError `CONFIGURATION` if the backend cannot list its records. */
  listRunningTurns(): Promise<RunningTurn[]>;
  /** Waits for calls under way, then closes a client that the store made itself. Closing twice is fine. */
  close(): Promise<void>;
}
