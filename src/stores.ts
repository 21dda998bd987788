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
  createTurnStore,
  defaultSerializer,
  type Expectation,
  fromStateText,
  type HeldTurn,
  interruptedNumber,
  isAgentStoreError,
  isExpectationMet,
  isResumable,
  type KeyLimits,
  type KeyListOptions,
  type KeyPage,
  type KeyPrefixes,
  type KeySchema,
  type LogGap,
  type LoggedEvent,
  type LogItem,
  type Message,
  type MessageStore,
  type MessageStoreOptions,
  type NewRecord,
  type NumberedEvent,
  type PendingAuthRequest,
  type PendingToolInput,
  type PlainData,
  type RecentOptions,
  type RecordIndex,
  type RecordKey,
  type RecordStore,
  type RefusedWrite,
  type RunningTurn,
  type SerializedData,
  type SerializedError,
  type Serializer,
  type SessionUsage,
  type StateChange,
  type StateIds,
  type StateSerializer,
  type StopReason,
  type StoredRecord,
  type Summarize,
  type ToolCall,
  type TurnRequest,
  type TurnStart,
  type TurnStore,
  type TurnStoreOptions,
  toStateText,
  type WriteResult,
} from './domain/index.js';
