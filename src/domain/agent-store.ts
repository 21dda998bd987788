import type { AgentState } from './agent-state.js';

/**
 * Keeps the state of each session of one agent. Every method rejects with `AgentStoreError`.
 *
 * Calls for one context through one instance take effect in the order in which they were made.
 *
 * @example
 * const state = await store.load(contextId);
 * if (state !== null) await store.save(contextId, { ...state, metadata: { name: 'Ada' } });
 */
export interface AgentStore {
  /** The stored state as a fresh copy, or `null` where there is none or it has expired. */
  load(contextId: string): Promise<AgentState | null>;
  /**
   * Replaces the whole stored state with a copy taken at the call.
   *
   * It replaces only what this instance has seen, and creates only what is not there: anything else is `CONFLICT`. A
   * state with status `created` is checked and not written, so that a starting agent never erases the session it is
   * about to resume.
   */
  save(contextId: string, state: AgentState): Promise<void>;
  /** Removes the state; removing what is not there is fine. This instance must `load` before it may save again. */
  delete(contextId: string): Promise<void>;
  /**
   * A load that changes nothing this instance remembers, for looking at a session that somebody else is running. It sees
   * the calls made before it and holds up none made after it.
   */
  peek(contextId: string): Promise<AgentState | null>;
  /** Waits for calls under way, then closes a client that the store made itself. Closing twice is fine. */
  close(): Promise<void>;
}
