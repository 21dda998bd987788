import { AsyncLocalStorage } from 'node:async_hooks';

/** What is known of the request that is being served. Holds secrets: do not log it. */
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

const storage = new AsyncLocalStorage<RequestContext>();

/**
 * The request that the running code serves: in the agent factory, in a turn, and in all that they await. `undefined`
 * elsewhere.
 */
export function getRequestContext(): RequestContext | undefined {
  return storage.getStore();
}

export function runInContext<Result>(context: RequestContext, work: () => Result): Result {
  return storage.run(context, work);
}
