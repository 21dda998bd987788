import type { Agent } from '../../domain/agent.js';
import { type AgentState, isResumable } from '../../domain/agent-state.js';
import type { StateReader } from '../config.js';
import type { RunningTurn } from './running-turn.js';
import type { SessionRegistry } from './session-registry.js';

/**
 * The state of a session, or `null` if nothing is known of it: the stored one, or else that of the live agent.
 *
 * If a store cannot `peek`, it is asked with `load`. That makes it take an agent that is out of date for up to date, so
 * it is done only while no turn runs, and the live agent is dropped. `asking` is a turn that has not started its agent yet.
 */
export async function readState(
  contextId: string,
  sessions: SessionRegistry,
  store: StateReader | undefined,
  asking?: RunningTurn,
): Promise<AgentState | null> {
  const session = sessions.find(contextId);
  const liveState = session?.agent?.state ?? null;
  if (store === undefined) return liveState;
  if (store.peek !== undefined) return (await store.peek(contextId)) ?? liveState;
  if (session?.turn !== asking) return liveState;
  return (await sessions.withoutAgent(contextId, () => store.load(contextId))) ?? liveState;
}

/**
 * Shuts down an agent that has nothing pending and whose state is still the stored one. Any other is left as it is: the
 * status that `shutdown()` saves would replace a question, or what another process has saved since.
 */
export async function retireAgent(agent: Agent, store: StateReader | undefined): Promise<void> {
  const { state } = agent;
  if (state.status !== 'idle' || isResumable(state)) return;
  if (store?.peek !== undefined) {
    const stored = await store.peek(agent.contextId);
    if (stored?.status !== 'idle' || stored.turnCount !== state.turnCount || isResumable(stored)) return;
  }
  await agent.shutdown();
}
