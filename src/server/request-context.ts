import { AsyncLocalStorage } from 'node:async_hooks';
import { Redactor } from './failures/redactor.js';

/** What the server knows of the request it serves. Holds secrets: do not log it. */
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
  /** Aborted when the turn is stopped: cancelled, timed out, left by its caller, or cut short by the end of the server. */
  readonly signal: AbortSignal;
}

/** Reports work that goes on beyond a turn, and what hides the secrets in its failure. */
export type TrackTask = (task: PromiseLike<unknown>, redactor?: Redactor) => void;

/** What the code of one agent runs in, from its factory on. */
export class AgentScope {
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

  run<Result>(context: RequestContext, redactor: Redactor, work: () => Result): Result {
    this.#context = context;
    this.redactor = redactor;
    return scopes.run(this, work);
  }

  leave(): void {
    if (!this.#isRevoked) this.#context = undefined;
  }

  /**
   * Takes from an agent that was stopped what it was given. What goes on unseen can still learn that it was stopped.
   *
   * This is the place to revoke the holder of the store that the agent was created with.
   */
  revoke(): void {
    this.#isRevoked = true;
    if (this.#context === undefined) return;
    const { sessionId, requestId, signal } = this.#context;
    this.#context = { sessionId, requestId, signal, headers: {} };
  }
}

const scopes = new AsyncLocalStorage<AgentScope>();

/**
 * The request that its session is serving now, for the agent factory, the turns of the agent and whatever they start;
 * elsewhere, and between turns, `undefined`. Work that goes on after its turn must take what it needs before.
 */
export function getRequestContext(): RequestContext | undefined {
  return scopes.getStore()?.context;
}

/**
 * Reports work that a turn has begun and that goes on beyond it: until the promise settles, the server is busy.
 *
 * @throws Error outside a turn, since it cannot know which server is meant: use the `trackTask` that `serve` returns.
 */
export function trackTask(task: PromiseLike<unknown>): void {
  const scope = scopes.getStore();
  if (scope === undefined) throw new Error('trackTask() was called outside a turn.');
  scope.trackTask(task);
}

/** The scope of the agent whose code is running, if any. */
export function currentScope(): AgentScope | undefined {
  return scopes.getStore();
}

/** Does work that belongs to no request, such as clearing up. It must not keep the secrets of the one that caused it. */
export function runOutsideScope<Result>(work: () => Result): Result {
  return scopes.exit(work);
}
