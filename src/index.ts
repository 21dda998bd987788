export type { AgentErrorCode } from './agent/agent-error.js';
export { AgentError } from './agent/agent-error.js';
export type { CreateAgentOptions } from './agent/agent-options.js';
export { createAgent } from './agent/create-agent.js';
export type {
  CredentialRequest,
  Question,
  StepContext,
  TurnContext,
  TurnOutput,
} from './agent/turn-context.js';
export type {
  Agent,
  AgentEvent,
  AgentEventObserver,
  AgentEventStream,
  StartTurnOptions,
} from './domain/agent.js';
export * from './domain/index.js';
export type {
  RequestTelemetry,
  ServerNumbers,
  Telemetry,
  TelemetryRequest,
  TelemetryRequestEnd,
  TelemetryTurn,
  TelemetryTurnEnd,
  TurnTelemetry,
} from './domain/telemetry.js';
export type { AppConfig, ServeConfig, ServerConfig, StateReader } from './server/config.js';
export type { AgentHttpServer } from './server/create-server.js';
export { createServer } from './server/create-server.js';
export type { ServerErrorCode } from './server/failures/http-error.js';
export type { Middleware } from './server/http/middleware.js';
export type { Logger } from './server/logger.js';
export type { AgentContext, RequestContext } from './server/request-context.js';
export { getRequestContext, trackTask } from './server/request-context.js';
export type { RunningServer } from './server/serve.js';
export { serve } from './server/serve.js';
