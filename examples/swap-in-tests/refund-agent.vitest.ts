/**
 * A user's own test with vitest: the agent behind the server, without a socket, on a store in memory.
 *
 * Shows the store swapped, and a restart: two stores over the same records are two processes over one table.
 */
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/hono.js';
import { InMemoryAgentStore, InMemoryRecordStore } from '../../src/stores.js';
import { RefundAgent } from './refund-agent.js';

/** A process over the records. */
function start(records: InMemoryRecordStore) {
  const agentStore = new InMemoryAgentStore({ agentId: 'refunds', records });
  const app = createApp({ agentStore, agent: async (contextId) => new RefundAgent(contextId, agentStore) });
  const headers = { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': 's' };
  return {
    agentStore,
    async invoke(body: object) {
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      return (await app.request('/invocations', init)).text();
    },
  };
}

describe('a refund', () => {
  it('is paid once it is confirmed, also after a restart', async () => {
    const records = new InMemoryRecordStore();
    expect(await start(records).invoke({ prompt: 'A-17' })).toContain('Refund order A-17?');

    const restarted = start(records);
    const inputId = (await restarted.agentStore.peek('s'))?.pendingToolInputs?.[0]?.inputId;
    await restarted.invoke({ inputs: [{ inputId, value: true }] });
    expect(await restarted.agentStore.peek('s')).toMatchObject({
      status: 'idle',
      metadata: { refunded: ['A-17'] },
    });
  });
});
