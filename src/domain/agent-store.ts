import type { AgentState } from './agent-state.js';

/**
 * Makes the new state of a session of the stored one, or of `null` if there is none. `null` or `undefined` saves nothing.
 *
 * It may run more than once, each time with what is stored by then.
 */
export type StateChange = (
  state: AgentState | null,
) => AgentState | null | undefined | Promise<AgentState | null | undefined>;

/**
 * Keeps the state of each session of one agent. Every method rejects with `AgentStoreError`.
 *
 * Whoever loads and saves for itself is a holder: an agent, a tool, a web hook. A store is one holder, and `holder()` gives
 * another one; two that share one cannot be told apart. Inside `serve`, a store knows which agent calls it.
 *
 * Calls for one context through one store and its holders take effect in the order in which they were made.
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
   * It replaces only what this holder has seen, and creates only what is not there: anything else is `CONFLICT`. A
   * state with status `created` is checked and not written, so that a starting agent never erases the session it is
   * about to resume.
   */
  save(contextId: string, state: AgentState): Promise<void>;
  /**
   * Loads the state, changes it and saves what comes of it, again if somebody else has saved in between, as often as it
   * takes. Resolves to what was saved, or to `null` if nothing was. Updates of one context through one store wait for each
   * other; `change` must not start another one of the same context, which would wait for ever.
   *
   * @example
   * await agentStore.update(contextId, (state) => state && { ...state, metadata: { ...state.metadata, tier: 'gold' } });
   */
  update(contextId: string, change: StateChange): Promise<AgentState | null>;
  /**
   * Another holder over the same client and records, as cheap as an object: for whoever saves beside others in one process.
   * Closing it ends it alone.
   */
  holder(): AgentStore;
  /** Removes the state; removing what is not there is fine. This holder must `load` before it may save again. */
  delete(contextId: string): Promise<void>;
  /**
   * A load that changes nothing this holder remembers, for looking at a session that somebody else is running. It sees
   * the calls made before it and holds up none made after it.
   */
  peek(contextId: string): Promise<AgentState | null>;
  /** Waits for calls under way, then closes a client that the store made itself. Closing twice is fine. */
  close(): Promise<void>;
}
