export { RedisAgentStore, type RedisAgentStoreOptions } from './redis-agent-store.js';
export type { RedisClient } from './redis-client.js';
