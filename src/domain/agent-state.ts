import { isDate } from './values/built-in.js';

/**
 * What an agent is doing. `created` is what an agent saves before it has loaded anything.
 *
 * @example
 * const isOver = (status: AgentStatus) => status !== 'busy';
 */
export type AgentStatus =
  | 'created'
  | 'idle'
  | 'busy'
  | 'waiting-input'
  | 'waiting-auth'
  | 'shutdown'
  | 'error';

/**
 * An error as it is kept in a state: data, not an `Error`.
 *
 * @example
 * const failed: AgentState = { ...state, status: 'error', error: { name: 'Error', message: 'No answer' } };
 */
export interface SerializedError {
  name: string;
  message: string;
  stack?: string;
  cause?: SerializedError;
  [key: string]: unknown;
}

/**
 * A question the agent has asked and waits to have answered.
 *
 * @example
 * const [question] = state.pendingToolInputs ?? [];
 * const answer = { inputId: question?.inputId, value: 'yes' };
 */
export interface PendingToolInput {
  inputId: string;
  toolCallId: string;
  toolName: string;
  toolArguments: Record<string, unknown>;
  taskId: string;
  inputType: 'confirmation' | 'clarification' | 'selection' | 'data';
  prompt: string;
  schema?: Record<string, unknown>;
  options?: unknown[];
  isLlmRequest?: boolean;
}

/**
 * A credential the agent has asked for and waits to be given.
 *
 * @example
 * const [request] = state.pendingAuthRequests ?? [];
 * const answer = { authId: request?.authId, credential: 'the token' };
 */
export interface PendingAuthRequest {
  authId: string;
  authType: 'oauth2' | 'api-key' | 'pat' | 'password' | 'custom';
  toolCallId: string;
  toolName: string;
  toolArguments: Record<string, unknown>;
  taskId: string;
  prompt: string;
  provider?: string;
  scopes?: string[];
  metadata?: Record<string, unknown>;
}

/**
 * The state of one session, structurally that of `@looopy-ai/core`.
 *
 * The four required fields are checked when a state is saved and when it is loaded; every other field is
 * optional and is often present with the value `undefined`. Fields not listed here are kept as they are.
 *
 * @example
 * const state: AgentState = { status: 'idle', turnCount: 1, createdAt: new Date(), lastActivity: new Date() };
 */
export interface AgentState {
  status: AgentStatus;
  turnCount: number;
  lastActivity: Date;
  createdAt: Date;
  error?: SerializedError;
  pendingToolInputs?: PendingToolInput[];
  pendingAuthRequests?: PendingAuthRequest[];
  metadata?: Record<string, unknown>;
}

/** The field in which an agent made by `createAgent` keeps what its turn has done so far. It is for nobody else. */
export const journalField = 'turnJournal';

/** True if the required fields are there, each of its type. */
export function isAgentState<T extends object>(value: T): value is T & AgentState {
  return findInvalidField(value) === null;
}

/** The name of the first required field that is missing or of another type, or `null` if all are right. */
export function findInvalidField(value: object): string | null {
  if (!('status' in value) || typeof value.status !== 'string') return 'status';
  if (!('turnCount' in value) || typeof value.turnCount !== 'number') return 'turnCount';
  if (!('lastActivity' in value) || !isDate(value.lastActivity)) return 'lastActivity';
  return 'createdAt' in value && isDate(value.createdAt) ? null : 'createdAt';
}

/**
 * True if a state waits for an answer or a credential. The lists decide, whatever the stored status says.
 *
 * @example
 * const state = await store.load(contextId);
 * if (state !== null && isResumable(state)) console.log(state.pendingToolInputs);
 */
export function isResumable(state: AgentState): boolean {
  return (state.pendingToolInputs ?? []).length > 0 || (state.pendingAuthRequests ?? []).length > 0;
}
