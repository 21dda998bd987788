import { type Checkpoint, emptyCheckpoint } from '@langchain/langgraph-checkpoint';
import type { AgentState } from '../../dist/domain/agent-state.js';

/** A state as LangGraph keeps one: the only channel of a checkpoint. */
export function toCheckpoint(state: AgentState, id = emptyCheckpoint().id): Checkpoint {
  return { ...emptyCheckpoint(), id, channel_values: { state }, channel_versions: { state: 1 } };
}
