import type { AgentState } from '../../src/domain/agent-state.js';
import { defaultSerializer } from '../../src/domain/default-serializer.js';
import type { SerializedData } from '../../src/domain/values/plain-data.js';

/** What the default serializer makes of a state. */
export async function encode(state: AgentState): Promise<SerializedData> {
  return defaultSerializer.serialize(state, { agentId: 'a', contextId: 'c' });
}
