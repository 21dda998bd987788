import type { Context } from 'hono';
import type { AgentServer } from './agent-server.js';
import { authenticate, authorize } from './authorization.js';
import { createFormat } from './event-format.js';
import { answerError, HttpError, toErrorEvent, toHttpError } from './http-error.js';
import { createId } from './ids.js';
import { toPlainJson } from './plain-json.js';
import { readBody } from './read-body.js';
import { Redactor } from './redactor.js';
import { parseInvocation, type TurnBody } from './request-body.js';
import { type RequestContext, runInScope } from './request-context.js';
import { readHead, sessionIdHeader } from './request-head.js';
import { readState } from './session-state.js';
import { answerTurn } from './turn-answer.js';

/** One request to `/invocations`. */
export class Invocation {
  readonly #server: AgentServer;
  readonly #c: Context;
  readonly #redactor: Redactor;
  readonly #startedAt = performance.now();
  #ids: { sessionId?: string; requestId?: string } = {};

  constructor(server: AgentServer, c: Context) {
    this.#server = server;
    this.#c = c;
    this.#redactor = new Redactor(c.req.raw.headers);
  }

  async answer(): Promise<Response> {
    try {
      return await this.#handle();
    } catch (error) {
      const failure = toHttpError(error);
      this.#log(failure.status, error);
      return this.#answerFailure(failure);
    }
  }

  async #handle(): Promise<Response> {
    const { config } = this.#server;
    const { raw } = this.#c.req;
    const head = readHead(raw.headers, config.strictSessionIds);
    this.#ids = { sessionId: head.sessionId, requestId: head.requestId };
    const authContext = await authenticate(config, raw.headers);
    const isPost = raw.method === 'POST';
    const sessionId = head.sessionId ?? (isPost ? createId() : missSessionId());
    this.#ids.sessionId = sessionId;
    await authorize(config, authContext, sessionId);
    if (!isPost) return this.#answerState(sessionId);

    const body = parseInvocation(await readBody(raw, config.maxBodyBytes));
    this.#redactor.setBody(body);
    // Only a prompt can be the first thing a session is sent.
    if (body.type !== 'prompt' && head.sessionId === undefined) missSessionId();
    if (body.type === 'status') return this.#answerState(sessionId);
    if (body.type === 'cancel') return this.#cancel(sessionId);
    return this.#answerTurn({ ...head, sessionId, authContext }, body);
  }

  /** Resolves when the stream has begun. */
  #answerTurn(context: RequestContext, body: TurnBody): Promise<Response> {
    const { req, env: environment } = this.#c;
    const turnRequest = { request: req.raw, environment, context, body, redactor: this.#redactor };
    const scope = { context, trackTask: (task: Promise<unknown>) => this.#server.trackTask(task) };
    return new Promise((resolve, reject) => {
      const end = runInScope(scope, () => answerTurn(this.#server, turnRequest, resolve));
      end.then(({ error }) => this.#log(200, error), reject);
    });
  }

  async #answerState(sessionId: string): Promise<Response> {
    const { sessions, config } = this.#server;
    const state = await readState(sessionId, sessions, config.agentStore);
    if (state === null) throw new HttpError('NOT_FOUND', 'Nothing is known of this session.');
    this.#log(200);
    return Response.json(toPlainJson(state));
  }

  /** Answers when the turn has stopped. */
  async #cancel(sessionId: string): Promise<Response> {
    const turn = this.#server.sessions.find(sessionId)?.turn;
    await turn?.stop(new HttpError('CANCELLED', 'The turn was cancelled.'));
    this.#log(200);
    return Response.json({ cancelled: turn !== undefined });
  }

  #answerFailure(failure: HttpError): Response {
    const { raw } = this.#c.req;
    if (this.#server.config.errors === 'status' || raw.method !== 'POST') return answerError(failure);
    const format = createFormat(raw.headers.get('accept'));
    const text = format.event(toErrorEvent(failure, this.#redactor)) + format.end();
    return new Response(text, { headers: { 'content-type': format.contentType } });
  }

  #log(status: number, failure?: unknown): void {
    const { method, path } = this.#c.req;
    const durationMs = Math.round(performance.now() - this.#startedAt);
    const fields = { ...this.#ids, method, path, status, durationMs };
    if (failure === undefined) {
      this.#server.logger.info(fields, 'request');
      return;
    }
    const { code, status: severity } = toHttpError(failure);
    const level = severity >= 500 ? 'error' : 'warn';
    this.#server.logger[level]({ ...fields, code, error: this.#redactor.describe(failure) }, 'request');
  }
}

function missSessionId(): never {
  throw new HttpError('BAD_REQUEST', `The header ${sessionIdHeader} is missing.`);
}
