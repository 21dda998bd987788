/**
 * A session changed from outside its agent: by a job, or by a page for those who help users.
 *
 * Shows what `CONFLICT` means to whoever calls a store: somebody else has saved since, and nothing was written. So the change
 * is made again, to what is there now. An agent that meets it cannot go on: the server answers `CONFLICT`, and runs the next
 * turn on a new agent, which loads first.
 */
import { type AgentState, type AgentStore, isAgentStoreError } from '../../src/index.js';

const maxAttempts = 5;

/**
 * Saves what `change` makes of a session, and returns it; `null` where there is no session, or nothing to change.
 *
 * @throws AgentStoreError `CONFLICT` where somebody else was faster each time.
 */
export async function updateSession(
  store: AgentStore,
  contextId: string,
  change: (state: AgentState) => AgentState | null,
): Promise<AgentState | null> {
  for (let attempt = 1; ; attempt++) {
    const state = await store.load(contextId);
    const changed = state === null ? null : change(state);
    if (changed === null) return null;
    try {
      await store.save(contextId, changed);
      return changed;
    } catch (error) {
      if (attempt === maxAttempts || !isAgentStoreError(error, 'CONFLICT')) throw error;
    }
  }
}

/** Takes back what a session waits for, as when the order that it asks about was called off. */
export function withdrawQuestions(store: AgentStore, contextId: string): Promise<AgentState | null> {
  return updateSession(store, contextId, (state) => {
    if (!state.pendingToolInputs?.length) return null;
    const { pendingToolInputs: _, ...rest } = state;
    return { ...rest, status: 'idle', lastActivity: new Date() };
  });
}
