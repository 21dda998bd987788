import type { AgentState } from './agent-state.js';

/**
 * Makes the new state of a session from the stored one, or from `null` if none is stored. If it returns `null` or `undefined`,
 * nothing is saved.
 *
 * It may run more than once, each time with what is stored by then.
 *
 * @example
 * const finish: StateChange = (state) => state && { ...state, status: 'idle' };
 */
export type StateChange = (
  state: AgentState | null,
) => AgentState | null | undefined | Promise<AgentState | null | undefined>;

/**
 * Keeps the state of each session of one agent. Every method rejects with `AgentStoreError`.
 *
 * A holder is whoever loads and saves for itself: an agent, a tool, a web hook. It remembers what it has seen of each session.
 * A store object is one holder, and `holder()` makes another one. Two users who share a holder overwrite each other's changes
 * without a `CONFLICT`. Inside `serve`, one store object can serve all agents: it knows which of them calls.
 *
 * Calls for one context through one store and its holders take effect in the order in which they were made.
 *
 * @example
 * const state = await store.load(contextId);
 * if (state !== null) await store.save(contextId, { ...state, metadata: { name: 'Ada' } });
 */
export interface AgentStore {
  /** The stored state as a fresh copy, or `null` if there is none or it has expired. */
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
   * Loads the state, changes it and saves the result. If somebody else has saved in between, it starts over, as often as it
   * takes. Resolves to what was saved, or to `null` if nothing was. It does not count as a load or a save of this holder.
   *
   * Updates of one session through one store wait for each other. `change` must not start another update of the same session:
   * both would wait for ever.
   *
   * @example
   * await agentStore.update(contextId, (state) => state && { ...state, metadata: { ...state.metadata, tier: 'gold' } });
   */
  update(contextId: string, change: StateChange): Promise<AgentState | null>;
  /**
   * Another holder over the same client and records, for whoever saves beside others in one process. It costs no more than an
   * object. Closing it closes neither the store nor any other holder.
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
