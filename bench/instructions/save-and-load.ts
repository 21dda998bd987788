import type { AgentState } from '../dist/domain/agent-state.js';
import type { AgentStore } from '../dist/domain/agent-store.js';

/** What a turn does with a store. */
export function saveAndLoad(store: AgentStore, state: AgentState): () => Promise<unknown> {
  return async () => {
    await store.save('session', state);
    return store.load('session');
  };
}
