import type { AgentState } from '../../src/domain/agent-state.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import type { MessageStore } from '../../src/domain/message-store.js';

export const createdAt = new Date('2026-11-01T08:00:00.000Z');
export const lastActivity = new Date('2026-11-02T09:30:00.000Z');

/** A state as an agent leaves it, with something in it that is more than JSON. */
export const state: AgentState = {
  status: 'idle',
  turnCount: 2,
  createdAt,
  lastActivity,
  metadata: { tier: 'gold', seats: new Map([['12A', true]]) },
};

/** Has a session say something and keep its state. */
export async function putSession(
  { agentStore, messageStore }: { readonly agentStore: AgentStore; readonly messageStore: MessageStore },
  contextId: string,
  changes: Partial<AgentState> = {},
): Promise<void> {
  await agentStore.update(contextId, () => ({ ...state, ...changes }));
  await messageStore.append(contextId, [
    { role: 'user', content: 'Which seat have I?' },
    {
      role: 'assistant',
      content: '',
      toolCalls: [{ id: 'call-1', type: 'function', function: { name: 'seat', arguments: { of: 'Ada' } } }],
    },
    { role: 'tool', content: '12A', toolCallId: 'call-1' },
    { role: 'assistant', content: 'You have 12A.' },
  ]);
}
