/**
 * Agents on DynamoDB, as in production: `node --import tsx examples/dynamodb/main.ts`.
 *
 * Shows a client with time-outs, so that an outage ends a turn and does not hang it; a table that is checked before the first
 * session needs it; and sessions that expire. SIGTERM ends it when the turns have ended.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { checkAgentStateTable } from '../../src/adapters/dynamodb/index.js';
import { serve } from '../../src/index.js';
import { DynamoDBAgentStore, DynamoDBMessageStore } from '../../src/stores.js';
// Stands for an agent with a model and tools.
import { createDemoAgent } from '../local-server/demo-agent.js';

const { AGENT_STATE_TABLE: tableName = 'agent-state', PORT = '8080' } = process.env;
const agentId = 'support';

const documentClient = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  }),
);

// One GetItem. A table that is missing, has another key or may not be read stops the deployment, and no turn.
await checkAgentStateTable(documentClient, { tableName });

const options = { tableName, agentId, documentClient, ttlSeconds: 30 * 24 * 3_600 };
const agentStore = new DynamoDBAgentStore(options);
const messageStore = new DynamoDBMessageStore(options);

const server = await serve({
  agentStore,
  agent: (contextId, { agentStore }) => createDemoAgent({ agentId, contextId, agentStore, messageStore }),
  port: Number(PORT),
  turnTimeoutSeconds: 15 * 60,
});
console.log(`Listening on http://localhost:${server.port}`);
