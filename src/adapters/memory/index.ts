export * from '../../domain/index.js';
export { InMemoryAgentStore, type InMemoryAgentStoreOptions } from './in-memory-agent-store.js';
export { InMemoryMessageStore, type InMemoryMessageStoreOptions } from './in-memory-message-store.js';
export { InMemoryRecordStore } from './in-memory-record-store.js';
