/**
 * What the container runs: the agents, and their table in `AGENT_STATE_TABLE`.
 *
 * Shows the package as it is installed. `ready` answers pings 503 until the table has been read, so that a container which
 * cannot keep sessions gets none; `serve` ends the process at SIGTERM, with 0, when the running turns have ended.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { serve } from '@looopy-ai/aws';
import { checkAgentStateTable, DynamoDBAgentStore } from '@looopy-ai/aws/stores/dynamodb';

const { AGENT_STATE_TABLE: tableName = 'agent-state', PORT = '8080' } = process.env;
const agentId = 'echo';
const documentClient = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  }),
);
const agentStore = new DynamoDBAgentStore({ tableName, agentId, documentClient });

/** Repeats what it is told; in its place goes the Agent of @looopy-ai/core. */
function createAgent(contextId) {
  let state = { status: 'idle', turnCount: 0, createdAt: new Date(), lastActivity: new Date() };
  const save = async (status, turnCount) => {
    state = { ...state, status, turnCount, lastActivity: new Date() };
    await agentStore.save(contextId, state);
  };
  return {
    agentId,
    contextId,
    get state() {
      return { ...state };
    },
    async startTurn(message) {
      state = (await agentStore.load(contextId)) ?? state;
      await save('idle', state.turnCount + 1);
      return {
        subscribe(observer) {
          observer.next({ kind: 'task-complete', contextId, content: message });
          observer.complete();
          return { unsubscribe() {} };
        },
      };
    },
    shutdown: () => save('shutdown', state.turnCount),
  };
}

const server = await serve({
  agentStore,
  agent: async (contextId) => createAgent(contextId),
  ready: () => checkAgentStateTable(documentClient, { tableName }),
  port: Number(PORT),
});
console.log(`Listening on port ${server.port}`);
