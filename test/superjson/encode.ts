import { superjsonSerializer } from '../../src/adapters/superjson/superjson-serializer.js';
import type { AgentState } from '../../src/domain/agent-state.js';
import type { SerializedState } from '../../src/domain/state-serializer.js';

/** What the default serializer makes of a state. */
export async function encode(state: AgentState): Promise<SerializedState> {
  return superjsonSerializer.serialize(state, { agentId: 'a', contextId: 'c' });
}
