/**
 * A session changed from outside its agent: by a job, or by a page for those who help users.
 *
 * Shows `update`, which loses no change, neither this one nor one of the agent: it loads, changes and saves through a holder of
 * its own, and starts over if somebody else has saved in between. An agent that has loaded the session before meets a `CONFLICT`
 * with its next save, and nothing is written over what was changed. The server then runs the turn on a new agent, which loads
 * first.
 */
import type { AgentState, AgentStore } from '../../src/index.js';

/**
 * Takes back what a session waits for, as when the order that it asks about was called off. Resolves to the new state, or to
 * `null` if there is no such session, or if it waits for nothing.
 */
export function withdrawQuestions(store: AgentStore, contextId: string): Promise<AgentState | null> {
  // May run more than once, each time with what is stored by then; `null` saves nothing.
  return store.update(contextId, (state) => {
    if (!state?.pendingToolInputs?.length) return null;
    const { pendingToolInputs: _, ...rest } = state;
    return { ...rest, status: 'idle' };
  });
}
