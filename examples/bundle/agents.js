/** The agents and where they keep their sessions: the same for AgentCore Runtime and for Lambda. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
// Not '@looopy-ai/aws/stores', which has the Redis store too: its client would have to be in the bundle.
import { DynamoDBAgentStore } from '@looopy-ai/aws/stores/dynamodb';

const { AGENT_STATE_TABLE: tableName = 'agent-state' } = process.env;
const agentId = 'echo';

export const agentStore = new DynamoDBAgentStore({
  tableName,
  agentId,
  documentClient: DynamoDBDocumentClient.from(
    new DynamoDBClient({
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
    }),
  ),
});

/** Repeats what it is told, and counts its turns; in its place goes the Agent of @looopy-ai/core. */
export async function agent(contextId) {
  let state = { status: 'created', turnCount: 0, createdAt: new Date(), lastActivity: new Date() };
  const save = async (changes) => {
    state = { ...state, ...changes, lastActivity: new Date() };
    await agentStore.save(contextId, state);
  };
  return {
    agentId,
    contextId,
    get state() {
      return { ...state };
    },
    async startTurn(message) {
      if (state.status === 'created') state = (await agentStore.load(contextId)) ?? state;
      await save({ status: 'idle', turnCount: state.turnCount + 1 });
      const content = `Turn ${state.turnCount}: ${message}`;
      return {
        subscribe(observer) {
          observer.next({ kind: 'task-complete', contextId, content });
          observer.complete();
          return { unsubscribe() {} };
        },
      };
    },
    shutdown: () => save({ status: 'shutdown' }),
  };
}
