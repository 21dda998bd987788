import type { Agent } from '../domain/agent.js';
import { type AgentState, isResumable } from '../domain/agent-state.js';
import type { StateReader } from './config.js';
import type { RunningTurn, SessionRegistry } from './session-registry.js';

/**
 * The state of a session, or `null` where nothing is known of it.
 *
 * It is read from the store, and only where there is none taken from the live agent. A store that cannot `peek` would
 * make an agent look up to date that is not, so it is asked only while no turn runs, and the live agent goes.
 * `asking` is the turn that wants to know before it starts.
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
 * Shuts down an agent that has nothing pending and whose state is still the session's. Any other is left as it is:
 * `shutdown()` would store its status over a question, or over what another process has stored since.
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
