/**
 * A server whose slow parts are loaded before AgentCore Runtime takes the snapshot that it starts every session from:
 * `node --import tsx examples/warm-up/main.ts`, with `AGENT_STATE_TABLE` and credentials. The path of the hook is `/warmup`.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { serve } from '../../src/index.js';
import { DynamoDBAgentStore, DynamoDBMessageStore } from '../../src/stores.js';
// Stands for an agent with a model and tools.
import { createDemoAgent } from '../local-server/demo-agent.js';

const { AGENT_STATE_TABLE: tableName = 'agent-state', PORT = '8080' } = process.env;
const agentId = 'support';
// With time-outs: a connection that was open at the snapshot is dead in every copy.
const documentClient = new DynamoDBClient({
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
});
const options = { tableName, agentId, documentClient };
const agentStore = new DynamoDBAgentStore(options);
const messageStore = new DynamoDBMessageStore(options);

const { port } = await serve({
  port: Number(PORT),
  agentStore,
  agent: (contextId, { agentStore }) => createDemoAgent({ agentId, contextId, agentStore, messageStore }),
  async warmup() {
    // Loads the SDK, finds the credentials, and compiles what a request takes.
    await Promise.all([agentStore.load('warm-up'), messageStore.getCount('warm-up')]);
    // Closes the connections. The client opens others when it needs them.
    documentClient.destroy();
  },
});
console.log(`Listening on port ${port}`);
