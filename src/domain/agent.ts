import type { AgentState } from './agent-state.js';

/**
 * One thing that happened in a turn. Further fields depend on the kind and are passed on as they are.
 *
 * @example
 * const event = { kind: 'content-delta', contextId, taskId: 'task-1', delta: 'Hello' };
 * observer.next(event);
 */
export interface AgentEvent {
  readonly kind: string;
}

/**
 * Receives the events of a turn; an RxJS observer is one.
 *
 * @example
 * const observer: AgentEventObserver = {
 *   next: ({ kind }) => console.log(kind),
 *   error: console.error,
 *   complete: () => console.log('over'),
 * };
 */
export interface AgentEventObserver {
  next(event: AgentEvent): void;
  error(error: unknown): void;
  complete(): void;
}

/**
 * The events of one turn; an RxJS `Observable` is one.
 *
 * It may emit on subscription, and complete before `subscribe` returns. Unsubscribing stops the turn, and the agent
 * can then run no other.
 *
 * @example
 * const events: AgentEventStream = {
 *   subscribe(observer) {
 *     observer.next({ kind: 'task-complete' });
 *     observer.complete();
 *     return { unsubscribe() {} };
 *   },
 * };
 */
export interface AgentEventStream {
  subscribe(observer: AgentEventObserver): { unsubscribe(): void };
}

/**
 * What a turn is given besides the user's message.
 *
 * @example
 * const options: StartTurnOptions = { inputs: [{ inputId: 'input-1', value: 'Ada' }] };
 * const events = await agent.startTurn(null, options);
 */
export interface StartTurnOptions {
  readonly authContext?: unknown;
  readonly taskId?: string;
  readonly metadata?: Record<string, unknown>;
  readonly inputs?: { readonly inputId: string; readonly value?: unknown }[];
  readonly credentials?: { readonly authId: string; readonly credential: string }[];
}

/**
 * The agent of one session, as a server drives it; structurally the `Agent` of `@looopy-ai/core`.
 *
 * @example
 * const app = createApp({ agent: async (contextId): Promise<Agent> => new MyAgent(contextId) });
 */
export interface Agent {
  readonly agentId: string;
  readonly contextId: string;
  /** A copy of the current state. */
  readonly state: AgentState;
  /**
   * Starts a turn with a message, or resumes one with the answers in `options` and the message `null`.
   * A turn that cannot start is usually a stream with one `task-status` event of status `failed`, sometimes a rejection.
   */
  startTurn(userMessage: string | null, options?: StartTurnOptions): Promise<AgentEventStream>;
  /** Ends the agent and persists the status `shutdown`. */
  shutdown(): Promise<void>;
}
