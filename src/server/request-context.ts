import { AsyncLocalStorage } from 'node:async_hooks';

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
}

interface Scope {
  readonly context: RequestContext;
  readonly trackTask: (task: Promise<unknown>) => void;
}

const scopes = new AsyncLocalStorage<Scope>();

/**
 * The request that the calling code serves, inside the agent factory, a turn and everything that they await; elsewhere
 * `undefined`.
 */
export function getRequestContext(): RequestContext | undefined {
  return scopes.getStore()?.context;
}

/**
 * Reports work that a turn has begun and that goes on beyond it: until the promise settles, the server is busy.
 *
 * @throws Error outside a turn, since it cannot know which server is meant: use the `trackTask` that `serve` returns.
 */
export function trackTask(task: Promise<unknown>): void {
  const scope = scopes.getStore();
  if (scope === undefined) throw new Error('trackTask() was called outside a turn.');
  scope.trackTask(task);
}

/** Does work that belongs to no request, such as clearing up. It must not keep the secrets of the one that caused it. */
export function runOutsideScope<Result>(work: () => Result): Result {
  return scopes.exit(work);
}

export function runInScope<Result>(scope: Scope, work: () => Result): Result {
  return scopes.run(scope, work);
}
