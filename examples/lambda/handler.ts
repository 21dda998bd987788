/**
 * Agents on AWS Lambda, behind a function URL that streams (`InvokeMode: RESPONSE_STREAM`): deploy it bundled, with
 * `handler` as the entry point.
 *
 * Lambda freezes the process between two requests and ends it when it likes. A turn has saved its session by the time its
 * stream ends, and whichever process comes next goes on with it.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createLambdaHandler } from '../../src/lambda/index.js';
import { DynamoDBAgentStore, DynamoDBMessageStore, DynamoDBTurnStore } from '../../src/stores.js';
// Stands for an agent with a model and tools.
import { createDemoAgent } from '../local-server/demo-agent.js';

const { AGENT_STATE_TABLE: tableName = 'agent-state' } = process.env;
const agentId = 'support';
// With time-outs: a connection may be dead when Lambda thaws the process.
const documentClient = new DynamoDBClient({
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
});
const options = { tableName, agentId, documentClient };
const messageStore = new DynamoDBMessageStore(options);

export const handler = createLambdaHandler({
  agentStore: new DynamoDBAgentStore(options),
  // Lambda gives each request that comes while others run to another process: these share the turns of a session.
  turnStore: new DynamoDBTurnStore(options),
  agent: (contextId, { agentStore }) => createDemoAgent({ agentId, contextId, agentStore, messageStore }),
});
