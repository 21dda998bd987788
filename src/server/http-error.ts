import type { AgentEvent } from '../domain/agent.js';
import { type AgentStoreErrorCode, isAgentStoreError } from '../domain/errors.js';
import type { Exchange } from './exchange.js';
import type { Redactor } from './redactor.js';

/** What a caller is told of a failure: one code per cause, in the JSON answer and in the `error` event alike. */
export type ServerErrorCode =
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'NOT_RESUMABLE'
  | 'TURN_RUNNING'
  | 'BODY_TOO_LARGE'
  | 'STOPPING'
  | 'NOT_READY'
  | 'CANCELLED'
  | 'CLIENT_GONE'
  | 'TIMED_OUT'
  | 'AGENT_FAILED'
  | AgentStoreErrorCode;

const statuses = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  NOT_RESUMABLE: 409,
  TURN_RUNNING: 409,
  BODY_TOO_LARGE: 413,
  STOPPING: 503,
  NOT_READY: 503,
  CANCELLED: 409,
  CLIENT_GONE: 499,
  TIMED_OUT: 504,
  AGENT_FAILED: 500,
  CONFLICT: 409,
  CORRUPTED: 500,
  INVALID_KEY: 400,
  UNSERIALIZABLE: 500,
  TOO_LARGE: 500,
  CONFIGURATION: 500,
  UNAVAILABLE: 503,
} as const satisfies Record<ServerErrorCode, number>;

/** A failure whose message is for the caller to read. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: ServerErrorCode;
  readonly status: (typeof statuses)[ServerErrorCode];

  constructor(code: ServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = statuses[code];
  }
}

export function bodyTooLarge(maxBytes: number): HttpError {
  return new HttpError('BODY_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`);
}

export function bodyCutOff(cause: unknown): HttpError {
  return new HttpError('BAD_REQUEST', 'The body was cut off.', { cause });
}

/** The failure as a caller may see it. What an agent or a library threw is not for callers, and stays the `cause`. */
export function toHttpError(error: unknown): HttpError {
  try {
    if (error instanceof HttpError) return error;
    if (isAgentStoreError(error)) return new HttpError(error.code, error.message, { cause: error });
  } catch {
    // It cannot be looked at.
  }
  return new HttpError('AGENT_FAILED', 'The agent failed. The log says why.', { cause: error });
}

/** The failure as a JSON answer. */
export function answerError(exchange: Exchange, { code, message, status }: HttpError): void {
  exchange.answer(status, 'application/json', JSON.stringify({ error: { code, message } }));
}

/** The failure as the last event of a stream: a code and a message, without a stack. */
export function toErrorEvent(error: unknown, redactor: Redactor): AgentEvent {
  const { code } = toHttpError(error);
  const message = redactor.message(error) || 'The agent failed.';
  const event = { kind: 'error', code, message };
  return event;
}
