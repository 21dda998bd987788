import { superjsonSerializer } from '../../src/adapters/superjson/superjson-serializer.js';
import type { AgentState } from '../../src/domain/agent-state.js';
import { copyState } from '../../src/domain/state-copy.js';
import type { SerializedState, ValueBeyondJson } from '../../src/domain/state-serializer.js';

/** What the default serializer makes of a state when a store saves it. */
export async function encode(state: AgentState): Promise<SerializedState> {
  const beyondJson: ValueBeyondJson[] = [];
  const copy = copyState(state, beyondJson);
  return superjsonSerializer.serialize(copy, { agentId: 'a', contextId: 'c' }, beyondJson);
}
