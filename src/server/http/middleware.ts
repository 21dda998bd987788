import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerError, HttpError } from '../failures/http-error.js';
import { Redactor } from '../failures/redactor.js';
import type { Logger } from '../logger.js';
import { NodeExchange } from './node-exchange.js';

/**
 * What stands in front of the server: a login, CORS, metrics. It answers by itself or calls `next`, with an error if the
 * request is to fail. Libraries written for Connect and Express are of this form.
 *
 * @example
 * const allowOrigin: Middleware = (_request, response, next) => {
 *   response.setHeader('access-control-allow-origin', 'https://example.com');
 *   next();
 * };
 */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

/** Calls one after the other, and `answer` after the last. If one fails before it calls `next`, the answer is 500. */
export async function runMiddleware(
  [first, ...others]: readonly Middleware[],
  request: IncomingMessage,
  response: ServerResponse,
  logger: Logger,
  answer: () => void,
): Promise<void> {
  if (first === undefined) return answer();
  let isOver = false;
  const fail = (cause: unknown) => {
    const failure = new HttpError('MIDDLEWARE_FAILED', 'The server failed. The log says why.', { cause });
    const exchange = new NodeExchange(request, response);
    const { method, path, headers } = exchange;
    const error = new Redactor(headers).describe(failure);
    logger.error({ method, path, status: failure.status, code: failure.code, error }, 'request');
    if (!isOver && !response.writableEnded) answerError(exchange, failure);
    isOver = true;
  };
  const next = (error?: unknown) => {
    if (isOver || response.writableEnded) return;
    if (error != null) return fail(error);
    isOver = true;
    void runMiddleware(others, request, response, logger, answer);
  };
  try {
    await first(request, response, next);
  } catch (error) {
    fail(error);
  }
}
