export * from '../../domain/index.js';
export { InMemoryAgentStore, type InMemoryAgentStoreOptions } from './in-memory-agent-store.js';
export { InMemoryMessageStore, type InMemoryMessageStoreOptions } from './in-memory-message-store.js';
export { InMemoryRecordStore } from './in-memory-record-store.js';
export { InMemoryTurnStore, type InMemoryTurnStoreOptions } from './in-memory-turn-store.js';
