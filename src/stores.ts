export {
  DynamoDBAgentStore,
  type DynamoDBAgentStoreOptions,
} from './adapters/dynamodb/dynamodb-agent-store.js';
export {
  DynamoDBMessageStore,
  type DynamoDBMessageStoreOptions,
} from './adapters/dynamodb/dynamodb-message-store.js';
export type { DynamoDBSender } from './adapters/dynamodb/dynamodb-sender.js';
export { DynamoDBTurnStore, type DynamoDBTurnStoreOptions } from './adapters/dynamodb/dynamodb-turn-store.js';
export {
  InMemoryAgentStore,
  type InMemoryAgentStoreOptions,
} from './adapters/memory/in-memory-agent-store.js';
export {
  InMemoryMessageStore,
  type InMemoryMessageStoreOptions,
} from './adapters/memory/in-memory-message-store.js';
export { InMemoryRecordStore } from './adapters/memory/in-memory-record-store.js';
export { InMemoryTurnStore, type InMemoryTurnStoreOptions } from './adapters/memory/in-memory-turn-store.js';
export type { RedisClient } from './adapters/redis/connection.js';
export { RedisAgentStore, type RedisAgentStoreOptions } from './adapters/redis/redis-agent-store.js';
export { RedisMessageStore, type RedisMessageStoreOptions } from './adapters/redis/redis-message-store.js';
export { RedisTurnStore, type RedisTurnStoreOptions } from './adapters/redis/redis-turn-store.js';
export * from './domain/index.js';
