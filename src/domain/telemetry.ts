/**
 * Hears of the requests and turns of a server, to trace or count them. `openTelemetry()` of `@looopy-ai/aws/tracing` makes one.
 *
 * A server goes on as if nothing had happened when a method throws, and logs a warning, once.
 *
 * @example
 * const nothing: Telemetry = {
 *   request: () => undefined,
 *   watch: () => () => {},
 *   runAlone: (work) => work(),
 *   flush: async () => {},
 * };
 */
export interface Telemetry {
  /** A request to `/invocations` has come. `undefined` if nobody wants to hear more of it. */
  request(request: TelemetryRequest): RequestTelemetry | undefined;
  /** Is given what can be asked at any time. What is returned is called when the server has closed. */
  watch(numbers: ServerNumbers): () => void;
  /** Runs work that a request has caused and that belongs to none. */
  runAlone(work: () => void): void;
  /** Sends what is still held back: before the process ends, and before it is frozen or copied. */
  flush(): Promise<void>;
}

/**
 * A request that has come.
 *
 * @example
 * const toName = ({ method, route }: TelemetryRequest) => `${method} ${route}`;
 */
export interface TelemetryRequest {
  readonly method: string;
  readonly route: string;
  /** All of them, by their names in lower case, to take the trace context from. There are secrets among them. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Absent if the request names none. If it begins one, `session` tells. */
  readonly sessionId?: string;
  readonly requestId?: string;
}

/**
 * Hears of one request.
 *
 * @example
 * const silent: RequestTelemetry = { run: (work) => work(), session() {}, turn: () => undefined, attached() {}, end() {} };
 */
export interface RequestTelemetry {
  /** Runs what the request has done, at once: what it starts can so be told from that of other requests. */
  run(work: () => void): void;
  /** The request has begun a session. */
  session(sessionId: string): void;
  /** The request has begun a turn. It may outlive the request. `undefined` if nobody wants to hear more of it. */
  turn(turn: TelemetryTurn): TurnTelemetry | undefined;
  /** The request is answered with a turn that another one has begun. */
  attached(turnId: string): void;
  /** The answer has ended, or the caller has left. Called once. */
  end(end: TelemetryRequestEnd): void;
}

/**
 * How a request ended.
 *
 * @example
 * const isRefused = ({ status }: TelemetryRequestEnd) => status >= 400;
 */
export interface TelemetryRequestEnd {
  /** What was sent. A turn that fails in the middle of its answer does so with 200. */
  readonly status: number;
  /** What went wrong, a `ServerErrorCode`. */
  readonly code?: string;
  /** True if the server or the agent is to blame, and not the caller. */
  readonly hasFailed: boolean;
  /** True if the caller has left before the end. */
  readonly callerLeft: boolean;
}

/**
 * A turn that has begun.
 *
 * @example
 * const toLine = ({ sessionId, turnId }: TelemetryTurn) => `${sessionId} ${turnId}`;
 */
export interface TelemetryTurn {
  readonly sessionId: string;
  readonly turnId: string;
  /** What the user has said: the prompt, or the answers to what the agent has asked. */
  readonly said: unknown;
}

/**
 * Hears of one turn.
 *
 * @example
 * const silent: TurnTelemetry = { run: (work) => work(), end() {} };
 */
export interface TurnTelemetry {
  /** If it is true, `end` is given what the agent said. */
  readonly wantsContent?: boolean;
  /** Runs the turn, the code of the agent included, at once. */
  run(work: () => void): void;
  /** The turn has ended, whoever still listens. Called once. */
  end(end: TelemetryTurnEnd): void;
}

/**
 * How a turn ended.
 *
 * @example
 * const isGood = ({ outcome }: TelemetryTurnEnd) => outcome === 'completed';
 */
export interface TelemetryTurnEnd {
  /** Interrupted is a turn that the end of its server has cut short, or that may have been taken over by another process. */
  readonly outcome: 'completed' | 'failed' | 'cancelled' | 'interrupted';
  /** Why it did not complete, a `ServerErrorCode`. */
  readonly code?: string;
  /** Tokens of its models, by the `llm-usage` events of the agent; 0 if there were none that tell. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** What the agent said, if it `wantsContent`. */
  readonly content?: string;
}

/**
 * What can be asked of a server at any time.
 *
 * @example
 * const isIdle = ({ runningTurns }: ServerNumbers) => runningTurns() === 0;
 */
export interface ServerNumbers {
  /** How many turns run. */
  runningTurns(): number;
  /** How many bytes wait for callers that read slowly. */
  waitingBytes(): number;
}
