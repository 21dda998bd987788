export {
  type AgentStateTableOptions,
  checkAgentStateTable,
  createAgentStateTable,
} from './agent-state-table.js';
export { DynamoDBAgentStore, type DynamoDBAgentStoreOptions } from './dynamodb-agent-store.js';
export type { DynamoDBSender } from './dynamodb-sender.js';
