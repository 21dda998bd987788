export { InMemoryAgentStore, type InMemoryAgentStoreOptions } from './in-memory-agent-store.js';
export { InMemoryRecordStore } from './in-memory-record-store.js';
