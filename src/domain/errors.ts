import type { AgentState } from './agent-state.js';
import { isError } from './values/built-in.js';

const codes = [
  'CONFLICT',
  'CORRUPTED',
  'INVALID_KEY',
  'UNSERIALIZABLE',
  'TOO_LARGE',
  'CONFIGURATION',
  'UNAVAILABLE',
] as const;

/**
 * What kind of failure it was, and so what to do:
 *
 * - `CONFLICT`: somebody else wrote or deleted the state, this holder has not loaded it, or a later turn has taken over the
 *   session. Load, then decide.
 * - `CORRUPTED`: what is stored cannot be read. It stays as it is until it is deleted.
 * - `INVALID_KEY`: the backend cannot keep this id.
 * - `UNSERIALIZABLE`: the state holds something that cannot be kept; the message names the path.
 * - `TOO_LARGE`: the state is larger than `maxStateBytes`, or than what the backend can keep.
 * - `CONFIGURATION`: the options, the table or the permissions are wrong; retrying does not help.
 * - `UNAVAILABLE`: the backend did not answer; a write may or may not have taken effect. Retry later.
 *
 * @example
 * const worthRetrying: readonly AgentStoreErrorCode[] = ['CONFLICT', 'UNAVAILABLE'];
 */
export type AgentStoreErrorCode = (typeof codes)[number];

/**
 * Which call failed; `constructor` if the options were refused.
 *
 * @example
 * const changesNothing = (operation: AgentStoreOperation) => operation === 'load' || operation === 'peek';
 */
export type AgentStoreOperation =
  | 'load'
  | 'save'
  | 'update'
  | 'delete'
  | 'peek'
  | 'close'
  | 'constructor'
  | 'append'
  | 'getRecent'
  | 'getAll'
  | 'getCount'
  | 'getRange'
  | 'compact'
  | 'clear'
  | 'begin'
  | 'end'
  | 'runningTurn'
  | 'read'
  | 'cancel'
  | 'claim'
  | 'owner'
  | 'disown'
  | 'listRunningTurns'
  | 'listSessions'
  | 'eraseSession'
  | 'verifyErased'
  | 'exportSession'
  | 'importSession'
  | 'copySessions'
  | 'pruneSessions';

/**
 * What an `AgentStoreError` knows besides its code and its message.
 *
 * @example
 * const details: AgentStoreErrorDetails = { operation: 'save', contextId, cause: new Error('reset') };
 */
export interface AgentStoreErrorDetails {
  readonly operation?: AgentStoreOperation;
  readonly agentId?: string;
  readonly contextId?: string;
  readonly cause?: unknown;
  readonly current?: AgentState;
}

/**
 * The one error a store throws. Branch on `code`; the backend's own error is the `cause`.
 *
 * @example
 * // In a `RecordStore` of your own; the store that calls it adds the operation and the ids.
 * throw new AgentStoreError('UNAVAILABLE', 'The disk did not answer.', { cause });
 */
export class AgentStoreError extends Error {
  override readonly name = 'AgentStoreError';
  readonly code: AgentStoreErrorCode;
  readonly operation?: AgentStoreOperation;
  readonly agentId?: string;
  readonly contextId?: string;
  /**
   * With `CONFLICT`, the state that won, if the backend handed it over with the failed write. Not enumerable, so that it
   * does not reach a log.
   */
  declare readonly current?: AgentState;

  /** `message` says what went wrong and what to do, without any state; `details.cause` becomes the `cause`. */
  constructor(code: AgentStoreErrorCode, message: string, details: AgentStoreErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.operation !== undefined) this.operation = details.operation;
    if (details.agentId !== undefined) this.agentId = details.agentId;
    if (details.contextId !== undefined) this.contextId = details.contextId;
    if (details.current !== undefined) Object.defineProperty(this, 'current', { value: details.current });
  }
}

/**
 * Whether a value is an `AgentStoreError`, of this copy of the package or of another one installed beside it.
 *
 * @example
 * try {
 *   await store.save(contextId, state);
 * } catch (error) {
 *   if (isAgentStoreError(error, 'CONFLICT')) return reload();
 *   throw error;
 * }
 */
export function isAgentStoreError(value: unknown, code?: AgentStoreErrorCode): value is AgentStoreError {
  if (!isError(value) || value.name !== 'AgentStoreError' || !('code' in value)) return false;
  return code === undefined ? codes.some((known) => known === value.code) : value.code === code;
}

/**
 * The error a caller gets: what failed, and why.
 *
 * @param failed - Which call it was, and for what.
 */
export function explainFailure(
  error: unknown,
  failed: string,
  details: Pick<AgentStoreErrorDetails, 'operation' | 'agentId' | 'contextId'>,
): AgentStoreError {
  if (!isAgentStoreError(error))
    return new AgentStoreError('UNAVAILABLE', `${failed}: the backend failed.`, { ...details, cause: error });
  const { code, message, cause, current } = error;
  return new AgentStoreError(code, `${failed}: ${message}`, { ...details, cause, current });
}
