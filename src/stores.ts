export {
  DynamoDBAgentStore,
  type DynamoDBAgentStoreOptions,
} from './adapters/dynamodb/dynamodb-agent-store.js';
export {
  DynamoDBMessageStore,
  type DynamoDBMessageStoreOptions,
} from './adapters/dynamodb/dynamodb-message-store.js';
export type { DynamoDBSender } from './adapters/dynamodb/dynamodb-sender.js';
export {
  InMemoryAgentStore,
  type InMemoryAgentStoreOptions,
} from './adapters/memory/in-memory-agent-store.js';
export {
  InMemoryMessageStore,
  type InMemoryMessageStoreOptions,
} from './adapters/memory/in-memory-message-store.js';
export { InMemoryRecordStore } from './adapters/memory/in-memory-record-store.js';
export type { RedisClient } from './adapters/redis/connection.js';
export { RedisAgentStore, type RedisAgentStoreOptions } from './adapters/redis/redis-agent-store.js';
export { RedisMessageStore, type RedisMessageStoreOptions } from './adapters/redis/redis-message-store.js';
export {
  type AgentState,
  type AgentStatus,
  type AgentStore,
  AgentStoreError,
  type AgentStoreErrorCode,
  type AgentStoreErrorDetails,
  type AgentStoreOperation,
  type AgentStoreOptions,
  AnnotatedData,
  type CompactionResult,
  type CompactOptions,
  createAgentStore,
  createMessageStore,
  createPrefixKeySchema,
  defaultSerializer,
  type Expectation,
  fromStateText,
  isAgentStoreError,
  isExpectationMet,
  isResumable,
  type KeyLimits,
  type KeyPrefixes,
  type KeySchema,
  type Message,
  type MessageStore,
  type MessageStoreOptions,
  type NewRecord,
  type PendingAuthRequest,
  type PendingToolInput,
  type PlainData,
  type RecentOptions,
  type RecordKey,
  type RecordStore,
  type RefusedWrite,
  type SerializedData,
  type SerializedError,
  type Serializer,
  type StateChange,
  type StateIds,
  type StateSerializer,
  type StoredRecord,
  type Summarize,
  type ToolCall,
  toStateText,
  type WriteResult,
} from './domain/index.js';
