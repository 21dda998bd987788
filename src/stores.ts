export {
  DynamoDBAgentStore,
  type DynamoDBAgentStoreOptions,
} from './adapters/dynamodb/dynamodb-agent-store.js';
export type { DynamoDBSender } from './adapters/dynamodb/dynamodb-sender.js';
export {
  InMemoryAgentStore,
  type InMemoryAgentStoreOptions,
} from './adapters/memory/in-memory-agent-store.js';
export { InMemoryRecordStore } from './adapters/memory/in-memory-record-store.js';
export { RedisAgentStore, type RedisAgentStoreOptions } from './adapters/redis/redis-agent-store.js';
export type { RedisClient } from './adapters/redis/redis-client.js';
export { createAgentStore } from './adapters/superjson/create-agent-store.js';
export { superjsonSerializer } from './adapters/superjson/superjson-serializer.js';
