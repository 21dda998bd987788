// What the users of a store need of the domain, name by name. Every entry point passes all of it on.
export type {
  AgentState,
  AgentStatus,
  PendingAuthRequest,
  PendingToolInput,
  SerializedError,
} from './agent-state.js';
export { isResumable } from './agent-state.js';
export type { AgentStore, StateChange } from './agent-store.js';
export { defaultSerializer } from './default-serializer.js';
export type { AgentStoreErrorCode, AgentStoreErrorDetails, AgentStoreOperation } from './errors.js';
export { AgentStoreError, isAgentStoreError } from './errors.js';
export type { KeyPrefixes, KeySchema, RecordKey, SessionRange, StateIds } from './key-schema.js';
export { createPrefixKeySchema } from './key-schema.js';
export type {
  CompactionResult,
  CompactOptions,
  Message,
  MessageStore,
  RecentOptions,
  ToolCall,
} from './message-store.js';
export { createMessageStore } from './messages/create-message-store.js';
export type { MessageStoreOptions, Summarize } from './messages/message-store-options.js';
export type { PersistentMessageStore } from './messages/persistent-message-store.js';
export type { KeyListOptions, KeyPage, RecordIndex } from './record-index.js';
export type {
  Expectation,
  KeyLimits,
  NewRecord,
  RecordStore,
  RefusedWrite,
  StoredRecord,
  WriteResult,
  WriteUnits,
} from './record-store.js';
export { isExpectationMet } from './record-store.js';
export type {
  CopyCount,
  CopyFailure,
  CopyOptions,
  CopyOutcome,
  CopyProgress,
  CopyReport,
} from './sessions/copy-report.js';
export { copySessions } from './sessions/copy-sessions.js';
export type { EraseOptions, EraseProgress, EraseReceipt, EraseStep } from './sessions/erase-session.js';
export { eraseSession, verifyErased } from './sessions/erase-session.js';
export type { ImportOptions } from './sessions/export-session.js';
export { exportSession, importSession } from './sessions/export-session.js';
export type { SessionRecords } from './sessions/find-session.js';
export type {
  PruneOptions,
  PruneOutcome,
  PruneProgress,
  PruneReport,
} from './sessions/prune-sessions.js';
export { pruneSessions } from './sessions/prune-sessions.js';
export type { ExportedMessages, ExportedState, SessionExport } from './sessions/session-export.js';
export type {
  SessionList,
  SessionListOptions,
  SessionPage,
  SessionSummary,
} from './sessions/session-list.js';
export type { SessionStores } from './sessions/session-stores.js';
export type { Serializer, StateSerializer } from './state-serializer.js';
export type { AgentStoreOptions } from './store/agent-store-options.js';
export { createAgentStore } from './store/create-agent-store.js';
export type { PersistentAgentStore } from './store/persistent-agent-store.js';
export type {
  HeldTurn,
  LogGap,
  LoggedEvent,
  LogItem,
  NumberedEvent,
  RunningTurn,
  SessionUsage,
  StopReason,
  TurnRequest,
  TurnStart,
  TurnStore,
} from './turn-store.js';
export { interruptedNumber } from './turn-store.js';
export { createTurnStore } from './turns/create-turn-store.js';
export type { PersistentTurnStore } from './turns/persistent-turn-store.js';
export type { TurnStoreOptions } from './turns/turn-store-options.js';
export type { PlainData, SerializedData } from './values/plain-data.js';
export { AnnotatedData } from './values/plain-data.js';
export type { Snapshot } from './values/snapshot.js';
export { fromStateText, toStateText } from './values/text.js';
