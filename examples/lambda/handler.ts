/**
 * Agents on AWS Lambda, behind a function URL that streams (`InvokeMode: RESPONSE_STREAM`): deploy it bundled, with
 * `handler` as the entry point.
 *
 * Lambda freezes the process between two requests and ends it when it likes. A turn has saved its session by the time its
 * stream ends, and whichever process comes next goes on with it.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { streamHandle } from 'hono/aws-lambda';
import { createApp } from '../../src/hono.js';
import { DynamoDBAgentStore, DynamoDBMessageStore } from '../../src/stores.js';
// Stands for an agent with a model and tools.
import { createDemoAgent } from '../local-server/demo-agent.js';

const { AGENT_STATE_TABLE: tableName = 'agent-state' } = process.env;
const agentId = 'support';
const options = { tableName, agentId, documentClient: new DynamoDBClient({}) };
const agentStore = new DynamoDBAgentStore(options);
const messageStore = new DynamoDBMessageStore(options);

export const handler = streamHandle(
  createApp({
    agentStore,
    agent: (contextId, { agentStore }) => createDemoAgent({ agentId, contextId, agentStore, messageStore }),
  }),
);
