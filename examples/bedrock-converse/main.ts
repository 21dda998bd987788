/** Serves the agent, with its sessions and conversations in DynamoDB: `node --import tsx examples/bedrock-converse/main.ts`. */
import { appendFile } from 'node:fs/promises';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { serve } from '../../src/index.js';
import { DynamoDBAgentStore, DynamoDBMessageStore } from '../../src/stores.js';
import { createSupportAgent } from './agent.js';

const { AGENT_STATE_TABLE: tableName = 'agent-state', PORT = '8080', REFUNDS = 'refunds.txt' } = process.env;

const documentClient = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const options = { tableName, agentId: 'support', documentClient };

/** Stands for the payment service, to which the key goes as its idempotency key. */
async function refund(order: string, key: string): Promise<string> {
  await appendFile(REFUNDS, `${order} ${key}\n`);
  return `Order ${order} is paid back.`;
}

const server = await serve({
  agentStore: new DynamoDBAgentStore(options),
  agent: createSupportAgent({
    client: new BedrockRuntimeClient({}),
    modelId: 'global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    messageStore: new DynamoDBMessageStore(options),
    refund,
  }),
  port: Number(PORT),
});
console.log(`Listening on http://localhost:${server.port}`);
