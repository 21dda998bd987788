/**
 * Serves an agent whose requests, turns and calls of stores are traced, with what it does in between: here a request to a
 * weather service, which is told which trace and which session it is part of.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createAgent, serve } from '@looopy-ai/aws';
import { DynamoDBAgentStore, DynamoDBMessageStore, DynamoDBTurnStore } from '@looopy-ai/aws/stores/dynamodb';
import { openTelemetry, traced } from '@looopy-ai/aws/tracing';

const { AGENT_STATE_TABLE: tableName = 'agent-state', PORT = '8080', WEATHER_URL } = process.env;
const agentId = 'weather';
const documentClient = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const options = { tableName, agentId, documentClient };
const messageStore = traced(new DynamoDBMessageStore(options));

const server = await serve({
  telemetry: openTelemetry({ agentName: agentId }),
  agentStore: traced(new DynamoDBAgentStore(options)),
  turnStore: traced(new DynamoDBTurnStore(options)),
  agent: (contextId, { agentStore }) =>
    createAgent({
      agentId,
      contextId,
      agentStore,
      messageStore,
      async *turn({ message, step }) {
        const weather = await step('weather', async ({ signal }) => {
          const response = await fetch(`${WEATHER_URL}?${new URLSearchParams({ city: message })}`, {
            signal,
          });
          return response.text();
        });
        yield `In ${message}: ${weather}.`;
      },
    }),
  port: Number(PORT),
});
console.log(`Listening on port ${server.port}`);
