export * from '../../domain/index.js';
export {
  type AgentStateTableOptions,
  checkAgentStateTable,
  createAgentStateTable,
} from './agent-state-table.js';
export { DynamoDBAgentStore, type DynamoDBAgentStoreOptions } from './dynamodb-agent-store.js';
export { DynamoDBMessageStore, type DynamoDBMessageStoreOptions } from './dynamodb-message-store.js';
export type { DynamoDBSender } from './dynamodb-sender.js';
export { DynamoDBTurnStore, type DynamoDBTurnStoreOptions } from './dynamodb-turn-store.js';
