import type { AgentStore } from '../../domain/agent-store.js';
import type { StateReader } from '../config.js';
import { type RequestHead, readOthers } from '../invocation/request-head.js';
import type { AgentContext } from '../request-context.js';
import type { RunningTurn } from '../sessions/running-turn.js';

/**
 * What the agent of a turn knows of its request. All fields are there, with a value or without: an object that gets some later takes
 * longer to make. What most agents do not ask for is made when it is asked for.
 */
export class TurnContext implements AgentContext {
  readonly sessionId: string;
  readonly requestId: string;
  readonly authContext: unknown;
  readonly identityToken: string | undefined;
  readonly oauthCallbackUrl: string | undefined;
  readonly userId: string | undefined;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
  readonly fencingToken: number | undefined;
  readonly headers: AgentContext['headers'];
  readonly #turn: RunningTurn;
  readonly #store: StateReader | undefined;
  #holder: AgentStore | undefined;

  constructor(
    head: RequestHead,
    authContext: unknown,
    turn: RunningTurn,
    store: StateReader | undefined,
    fencingToken: number | undefined,
  ) {
    this.sessionId = turn.session.contextId;
    this.requestId = head.requestId;
    this.authContext = authContext;
    this.identityToken = head.identityToken;
    this.oauthCallbackUrl = head.oauthCallbackUrl;
    this.userId = head.userId;
    this.traceparent = head.traceparent;
    this.tracestate = head.tracestate;
    this.baggage = head.baggage;
    this.fencingToken = fencingToken;
    this.headers = readOthers(head.headers);
    this.#turn = turn;
    this.#store = store;
  }

  get signal(): AbortSignal {
    return this.#turn.signal.abortSignal;
  }

  /** Asked for by the factory, in the scope of the new agent, whose holder it so becomes. */
  get agentStore(): AgentStore {
    this.#holder ??= openHolder(this.#store);
    return this.#holder;
  }
}

function openHolder(store: StateReader | undefined): AgentStore {
  if (store?.holder !== undefined) return store.holder();
  if (store !== undefined && isAgentStore(store)) return store;
  throw new TypeError('No "agentStore" is configured that loads and saves states.');
}

function isAgentStore(store: StateReader): store is AgentStore {
  return 'save' in store && typeof store.save === 'function';
}
