import type { AgentState } from '../agent-state.js';
import { isAgentStoreError } from '../errors.js';
import { ContextMemory } from './context-memory.js';
import { deleteSession } from './delete-session.js';
import { loadSession, saveSession } from './seen-sessions.js';
import { type Session, serializeState } from './session-codec.js';
import type { StoreCore } from './store-core.js';

/**
 * Puts a state in the place of whatever is stored, as a turn with this token; `null` removes it.
 *
 * @param expiresAt - When it expires, in Unix seconds; `null` for the time of the store.
 */
export async function replaceState(
  core: StoreCore,
  session: Session,
  token: number,
  state: AgentState | null,
  expiresAt: number | null,
): Promise<void> {
  const { contextId } = session.ids;
  await core.calls.run(contextId, async () => {
    if (state === null) return deleteSession(core, session, token);
    const serialized = await serializeState(core, state, session.ids);
    const caller = { memory: new ContextMemory(1), scope: undefined, token };
    try {
      await loadSession(core, session, caller);
    } catch (error) {
      if (!isAgentStoreError(error, 'CORRUPTED')) throw error;
      await deleteSession(core, session, token);
      await loadSession(core, session, caller);
    }
    await saveSession(core, session, caller, { ...serialized, expiresAt: expiresAt ?? undefined }, true);
  });
}
