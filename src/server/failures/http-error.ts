import { type AgentStoreErrorCode, isAgentStoreError } from '../../domain/errors.js';
import { type Exchange, jsonHeaders } from '../http/exchange.js';

const storeStatuses = {
  CONFLICT: 409,
  CORRUPTED: 500,
  INVALID_KEY: 400,
  UNSERIALIZABLE: 500,
  TOO_LARGE: 500,
  CONFIGURATION: 500,
  UNAVAILABLE: 503,
} as const satisfies Record<AgentStoreErrorCode, number>;

/** What a caller is told of the store. Its own messages name keys, and are for the log. */
const storeMessages: Readonly<Record<AgentStoreErrorCode, string>> = {
  CONFLICT: 'Another process has changed the session.',
  CORRUPTED: 'What is stored of this session cannot be read.',
  INVALID_KEY: 'The store cannot keep this session id.',
  UNSERIALIZABLE: 'The state of this session cannot be stored.',
  TOO_LARGE: 'The state of this session is too large to be stored.',
  CONFIGURATION: 'The store is not set up as it must be.',
  UNAVAILABLE: 'The store did not answer.',
};

const statuses = {
  ...storeStatuses,
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  NOT_RESUMABLE: 409,
  TURN_RUNNING: 409,
  EVENTS_LOST: 410,
  INTERRUPTED: 409,
  KEY_REUSED: 422,
  TURN_LIMIT: 429,
  TOKEN_LIMIT: 429,
  BODY_TOO_LARGE: 413,
  STOPPING: 503,
  NOT_READY: 503,
  CANCELLED: 409,
  CLIENT_GONE: 499,
  TIMED_OUT: 504,
  AGENT_FAILED: 500,
  MIDDLEWARE_FAILED: 500,
  WARMUP_FAILED: 500,
  CRASHED: 500,
} as const;

/**
 * What a caller is told of a failure: one code for each cause, in the JSON answer and in the `error` event alike.
 *
 * @example
 * const mayRetry = (code: ServerErrorCode) => code === 'TURN_RUNNING' || code === 'UNAVAILABLE';
 */
export type ServerErrorCode = keyof typeof statuses;

/** A failure whose message is for the caller to read. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: ServerErrorCode;
  readonly status: (typeof statuses)[ServerErrorCode];
  /** None: the place in the server that answers says nothing about the cause. */
  override readonly stack = undefined;

  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = statuses[code];
  }
}

export function badRequest(message: string): HttpError {
  return new HttpError('BAD_REQUEST', message);
}

export function bodyTooLarge(maxBytes: number): HttpError {
  return new HttpError('BODY_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`);
}

export function bodyCutOff(cause: unknown): HttpError {
  return new HttpError('BAD_REQUEST', 'The body was cut off.', { cause });
}

export function turnRunning(): HttpError {
  return new HttpError('TURN_RUNNING', 'A turn of this session is running.');
}

export function turnCancelled(): HttpError {
  return new HttpError('CANCELLED', 'The turn was cancelled.');
}

export function turnInterrupted(): HttpError {
  return new HttpError('INTERRUPTED', 'Another process may have taken over the session.');
}

export function keyReused(): HttpError {
  return new HttpError('KEY_REUSED', 'The idempotency key stands for another request. Use a new one.');
}

export function turnLimit(): HttpError {
  return new HttpError('TURN_LIMIT', 'This session has had as many turns as it may have.');
}

export function tokenLimit(): HttpError {
  return new HttpError('TOKEN_LIMIT', 'This session has used as many tokens as it may use.');
}

export function unknownSession(): HttpError {
  return new HttpError('NOT_FOUND', 'Nothing is known of this session.');
}

export function storeFailed(code: AgentStoreErrorCode, cause: unknown): HttpError {
  return new HttpError(code, storeMessages[code], { cause });
}

export function isStoreCode(code: unknown): code is AgentStoreErrorCode {
  return typeof code === 'string' && Object.hasOwn(storeStatuses, code);
}

export function serverCrashed(): HttpError {
  return new HttpError('CRASHED', 'The server has failed, and ends.');
}

export function serverStopping(): HttpError {
  return new HttpError('STOPPING', 'The server is stopping.');
}

/** The failure as a caller may see it. What an agent or a library threw is not for callers, and stays the `cause`. */
export function toHttpError(error: unknown): HttpError {
  try {
    if (error instanceof HttpError) return error;
    if (isAgentStoreError(error)) return new HttpError(error.code, error.message, { cause: error });
  } catch {
    // What was thrown refuses to be looked at.
  }
  return new HttpError('AGENT_FAILED', 'The agent failed. The log says why.', { cause: error });
}

/** Answers with the failure as JSON. */
export function answerError(exchange: Exchange, { code, message, status }: HttpError): void {
  // In seconds: nobody knows when a turn ends.
  const retry = code === 'TURN_RUNNING' && { 'retry-after': '1' };
  exchange.answer(status, { ...jsonHeaders, ...retry }, JSON.stringify({ error: { code, message } }));
}
