/** Serves the agent, with its sessions and conversations in DynamoDB. */
import { appendFile } from 'node:fs/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { serve } from '@looopy-ai/aws';
import { DynamoDBAgentStore, DynamoDBMessageStore } from '@looopy-ai/aws/stores/dynamodb';
import { createSupportAgent } from './agent.ts';
import { model } from './model.ts';

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
  agent: createSupportAgent({ model, messageStore: new DynamoDBMessageStore(options), refund }),
  port: Number(PORT),
});
console.log(`Listening on http://localhost:${server.port}`);
