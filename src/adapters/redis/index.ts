export * from '../../domain/index.js';
export type { RedisClient } from './connection.js';
export { RedisAgentStore, type RedisAgentStoreOptions, type RedisCompression } from './redis-agent-store.js';
export { RedisMessageStore, type RedisMessageStoreOptions } from './redis-message-store.js';
export { RedisTurnStore, type RedisTurnStoreOptions } from './redis-turn-store.js';
