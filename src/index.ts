export type {
  Agent,
  AgentEvent,
  AgentEventObserver,
  AgentEventStream,
  StartTurnOptions,
} from './domain/agent.js';
export type {
  AgentState,
  AgentStatus,
  PendingAuthRequest,
  PendingToolInput,
  SerializedError,
} from './domain/agent-state.js';
export { isResumable } from './domain/agent-state.js';
export type { AgentStore } from './domain/agent-store.js';
export type { AgentStoreOptions } from './domain/agent-store-options.js';
export type { AgentStoreErrorCode, AgentStoreErrorDetails, AgentStoreOperation } from './domain/errors.js';
export { AgentStoreError, isAgentStoreError } from './domain/errors.js';
export type { KeyPrefixes, KeySchema, RecordKey, StateIds } from './domain/key-schema.js';
export { createPrefixKeySchema } from './domain/key-schema.js';
export type {
  Expectation,
  KeyLimits,
  NewRecord,
  PutResult,
  RecordStore,
  RefusedPut,
  StoredRecord,
} from './domain/record-store.js';
export type {
  PlainData,
  SerializedState,
  StateSerializer,
  ValueBeyondJson,
} from './domain/state-serializer.js';
export { AnnotatedData } from './domain/state-serializer.js';
export { fromStateText, toStateText } from './domain/state-text.js';
export type { AppConfig, ServeConfig, ServerConfig, StateReader } from './server/config.js';
export { createApp } from './server/create-app.js';
export type { AgentHttpServer } from './server/create-server.js';
export { createServer } from './server/create-server.js';
export type { ServerErrorCode } from './server/failures/http-error.js';
export type { Middleware } from './server/http/middleware.js';
export type { Logger } from './server/logger.js';
export type { RequestContext } from './server/request-context.js';
export { getRequestContext, trackTask } from './server/request-context.js';
export type { RunningServer } from './server/serve.js';
export { serve } from './server/serve.js';
