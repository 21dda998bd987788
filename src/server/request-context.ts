import {
  currentAgentScope,
  runInAgentScope,
  runOutsideAgentScope,
  type AgentScope as StoreScope,
} from '../domain/agent-scope.js';
import type { AgentStore } from '../domain/agent-store.js';
import { Redactor } from './failures/redactor.js';

/**
 * What the server knows of the request it serves. Holds secrets: do not log it.
 *
 * @example
 * const isTraced = (context: RequestContext) => context.traceparent !== undefined;
 */
export interface RequestContext {
  /** The session; the `contextId` of its agent. */
  readonly sessionId: string;
  readonly requestId: string;
  /** What `decodeAuthorization` made of the `Authorization` header. */
  readonly authContext?: unknown;
  /** The workload identity token that the platform passes in. */
  readonly identityToken?: string;
  readonly oauthCallbackUrl?: string;
  readonly userId?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly baggage?: string;
  /** Every other header, by its name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Grows with each turn of the session, for tools that write elsewhere: what refuses a smaller one than it has seen keeps a
   * turn from writing over the one that took over. `undefined` without a lease.
   */
  readonly fencingToken?: number;
  /** Aborted when the turn is stopped: cancelled, timed out, cut short by the end of the server, or left by its caller with `onDisconnect: 'cancel'`. */
  readonly signal: AbortSignal;
}

/**
 * What the agent factory is given: the request that it is called for, and the store for the new agent.
 *
 * @example
 * await serve({
 *   agentStore: store,
 *   agent: async (contextId, { agentStore }: AgentContext) =>
 *     new Agent({ agentId: 'support', contextId, agentStore }),
 * });
 */
export interface AgentContext extends RequestContext {
  /**
   * The agent's own holder of the configured store; a store without `holder` is handed as it is. Once the agent is stopped,
   * whatever it still saves is a `CONFLICT`.
   *
   * @throws TypeError if no `agentStore` is configured that loads and saves.
   */
  readonly agentStore: AgentStore;
}

/** Reports work that goes on beyond a turn, and what hides the secrets in its failure. */
export type TrackTask = (task: PromiseLike<unknown>, redactor?: Redactor) => void;

/** What the code of one agent runs in, from its factory to its shutdown. A store that is called inside knows the agent by it. */
export class AgentScope implements StoreScope {
  readonly sessionId: string;
  /** Knows the secrets of the last request. */
  redactor = new Redactor();
  readonly #trackTask: TrackTask;
  #context: RequestContext | undefined;
  #isRevoked = false;

  constructor(sessionId: string, trackTask: TrackTask) {
    this.sessionId = sessionId;
    this.#trackTask = trackTask;
  }

  trackTask(task: PromiseLike<unknown>): void {
    this.#trackTask(task, this.redactor);
  }

  /** The request of the turn that runs now. Between turns there is none, also for what an earlier turn has started. */
  get context(): RequestContext | undefined {
    return this.#context;
  }

  /** That of the turn that runs now, or that was stopped. */
  get fencingToken(): number | undefined {
    return this.#context?.fencingToken;
  }

  get isRevoked(): boolean {
    return this.#isRevoked;
  }

  run<Result>(context: RequestContext, redactor: Redactor, work: () => Result): Result {
    this.#context = context;
    this.redactor = redactor;
    return runInAgentScope(this, work);
  }

  /** Runs work of the agent that belongs to no request. */
  runAlone<Result>(work: () => Result): Result {
    return runInAgentScope(this, work);
  }

  leave(): void {
    if (!this.#isRevoked) this.#context = undefined;
  }

  /**
   * Takes from an agent that was stopped what it was given, its holder of the store included. What goes on unseen can still
   * learn that it was stopped.
   */
  revoke(): void {
    this.#isRevoked = true;
    if (this.#context === undefined) return;
    const { sessionId, requestId, fencingToken, signal } = this.#context;
    this.#context = { sessionId, requestId, fencingToken, signal, headers: {} };
  }
}

/**
 * The request that its session is serving now, for the agent factory, the turns of the agent and whatever they start;
 * elsewhere, and between turns, `undefined`. Work that goes on after its turn must take what it needs before.
 *
 * @example
 * // In a tool, which so stops with its turn.
 * const response = await fetch('https://example.com', { signal: getRequestContext()?.signal });
 */
export function getRequestContext(): RequestContext | undefined {
  return currentScope()?.context;
}

/**
 * Reports work that a turn has begun and that goes on beyond it: until the promise settles, the server is busy.
 *
 * @throws Error outside a turn, since it cannot know which server is meant: use the `trackTask` that `serve` returns.
 *
 * @example
 * trackTask(fetch('https://example.com/report', { method: 'POST' }));
 */
export function trackTask(task: PromiseLike<unknown>): void {
  const scope = currentScope();
  if (scope === undefined) throw new Error('trackTask() was called outside a turn.');
  scope.trackTask(task);
}

/** The scope of the agent whose code is running, if any. It may be of a server of another copy of this package. */
export function currentScope(): AgentScope | undefined {
  const scope = currentAgentScope();
  return scope !== undefined && isServerScope(scope) ? scope : undefined;
}

function isServerScope(scope: StoreScope): scope is AgentScope {
  return 'trackTask' in scope;
}

/** Does work that belongs to no request, such as clearing up. It must not keep the secrets of the one that caused it. */
export function runOutsideScope<Result>(work: () => Result): Result {
  return runOutsideAgentScope(work);
}
