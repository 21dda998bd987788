import { type AgentScope, currentAgentScope } from '../agent-scope.js';
import type { AgentState } from '../agent-state.js';
import type { AgentStore, StateChange } from '../agent-store.js';
import { AgentStoreError, type AgentStoreOperation, explainFailure } from '../errors.js';
import { fencingTokenOf } from '../fencing.js';
import { holdFailure } from './call-queue.js';
import { ContextMemory } from './context-memory.js';
import { type Caller, loadSession, removeSession, saveSession, updateSession } from './seen-sessions.js';
import { checkState, locateSession, type Session, serializeState } from './session-codec.js';
import { readSession } from './session-records.js';
import type { StoreCore } from './store-core.js';

/**
 * A holder of a store. It keeps calls in order, and adds to a failure which call it was. What a holder may save is decided in
 * `seen-sessions.ts`.
 */
export class StoreHolder implements AgentStore {
  readonly #core: StoreCore;
  readonly #memory: ContextMemory;
  /** The scope of the agent that this holder was made in, if there was one. */
  readonly #scope: AgentScope | undefined;
  /** True for the store object itself, which finds out by the scope of a call which agent makes it. */
  readonly #isStore: boolean;
  /** The session of the last call: most holders are an agent's, and have one. */
  #session: Session | undefined;
  #closing: Promise<void> | undefined;

  constructor(core: StoreCore, isStore: boolean) {
    this.#core = core;
    this.#memory = new ContextMemory(core.settings.maxTrackedContexts);
    this.#scope = isStore ? undefined : currentAgentScope();
    this.#isStore = isStore;
  }

  load(contextId: string): Promise<AgentState | null> {
    return this.#call('load', contextId, (session, caller) =>
      this.#core.calls.run(contextId, () => loadSession(this.#core, session, caller)),
    );
  }

  peek(contextId: string): Promise<AgentState | null> {
    return this.#call('peek', contextId, (session) =>
      this.#core.calls.after(contextId, async () => (await readSession(this.#core, session)).state),
    );
  }

  save(contextId: string, state: AgentState): Promise<void> {
    return this.#call('save', contextId, (session, caller) => {
      const { calls } = this.#core;
      // An agent saves this from its constructor, before it has loaded what it is about to resume.
      if (state?.status === 'created') return checkState(this.#core, state, session.ids);
      const serialized = serializeState(this.#core, state, session.ids);
      if (!(serialized instanceof Promise))
        return calls.run(contextId, () => saveSession(this.#core, session, caller, serialized));
      const data = holdFailure(serialized);
      return calls.run(contextId, async () => saveSession(this.#core, session, caller, await data()));
    });
  }

  update(contextId: string, change: StateChange): Promise<AgentState | null> {
    return this.#call('update', contextId, (session, caller) =>
      this.#core.updates.run(contextId, () => updateSession(this.#core, session, caller, change)),
    );
  }

  delete(contextId: string): Promise<void> {
    return this.#call('delete', contextId, (session, caller) =>
      this.#core.calls.run(contextId, () => removeSession(this.#core, session, caller)),
    );
  }

  holder(): AgentStore {
    return new StoreHolder(this.#core, false);
  }

  close(): Promise<void> {
    this.#closing ??= this.#isStore ? this.#closeStore() : Promise.resolve();
    return this.#closing;
  }

  async #closeStore(): Promise<void> {
    const { calls, records, settings } = this.#core;
    this.#core.isClosed = true;
    await calls.settled();
    try {
      await records.close?.();
    } catch (cause) {
      const details = { operation: 'close', agentId: settings.agentId, cause } as const;
      throw new AgentStoreError('UNAVAILABLE', 'The store could not close its client.', details);
    }
  }

  /** Starts a call at once. A failure says which call it was. */
  async #call<T>(
    operation: AgentStoreOperation,
    contextId: string,
    run: (session: Session, caller: Caller) => Promise<T>,
  ): Promise<T> {
    const { settings, isClosed } = this.#core;
    try {
      if (isClosed || this.#closing !== undefined)
        throw new AgentStoreError('UNAVAILABLE', 'The store is closed.');
      return await run(this.#locate(contextId), this.#caller());
    } catch (error) {
      const failed = `Could not ${operation} the state of ${JSON.stringify(contextId)}`;
      throw explainFailure(error, failed, { operation, agentId: settings.agentId, contextId });
    }
  }

  #locate(contextId: string): Session {
    const last = this.#session;
    if (last !== undefined && last.ids.contextId === contextId) return last;
    const { settings, records } = this.#core;
    const session = locateSession(settings, contextId, records.keyLimits);
    this.#session = session;
    return session;
  }

  #caller(): Caller {
    const scope = this.#isStore ? currentAgentScope() : this.#scope;
    const token = fencingTokenOf(scope);
    if (!this.#isStore || scope === undefined) return { memory: this.#memory, scope, token };
    const { seenInScopes, settings } = this.#core;
    const memory = seenInScopes.get(scope) ?? new ContextMemory(settings.maxTrackedContexts);
    seenInScopes.set(scope, memory);
    return { memory, scope, token };
  }
}
