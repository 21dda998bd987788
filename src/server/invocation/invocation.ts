import { journalField } from '../../domain/agent-state.js';
import { createId } from '../../domain/create-id.js';
import type { PlainData } from '../../domain/values/plain-data.js';
import { toPlainJson } from '../../domain/values/plain-json.js';
import {
  answerError,
  badRequest,
  type HttpError,
  toHttpError,
  turnCancelled,
  unknownSession,
} from '../failures/http-error.js';
import { type HiddenBody, Redactor } from '../failures/redactor.js';
import { type Exchange, jsonHeaders } from '../http/exchange.js';
import type { ServerContext } from '../server-context.js';
import { readState } from '../sessions/session-state.js';
import type { ObservedRequest } from '../telemetry/observed-request.js';
import type { SafeTelemetry } from '../telemetry/safe-telemetry.js';
import type { TurnAnswerEnd } from '../turn/answered-turn.js';
import { answerAttach } from '../turn/attach.js';
import { acceptsStream, createFormat, toErrorEvent } from '../turn/event-format.js';
import { answerTurn } from '../turn/turn-answer.js';
import { toTurnEvent } from '../turn/turn-event.js';
import { authenticate, authorize } from './authorization.js';
import { readIdempotencyKey, toIdempotency } from './idempotency.js';
import { readLastEventId } from './last-event-id.js';
import { requireOwner } from './ownership.js';
import { type InvocationBody, parseInvocation } from './request-body.js';
import { type RequestHead, readHead, sessionIdHeader } from './request-head.js';

/** One request to `/invocations`. */
export class Invocation {
  readonly #server: ServerContext;
  readonly #exchange: Exchange;
  readonly #redactor: Redactor;
  readonly #startedAt = performance.now();
  #sessionId: string | undefined;
  #requestId: string | undefined;
  #callerLeft = false;
  #observed: ObservedRequest | undefined;

  constructor(server: ServerContext, exchange: Exchange) {
    this.#server = server;
    this.#exchange = exchange;
    this.#redactor = new Redactor(exchange.headers);
  }

  answer(): Promise<void> {
    let head: RequestHead | undefined;
    let refusal: unknown;
    try {
      head = readHead(this.#exchange, this.#server.config.strictSessionIds);
      this.#sessionId = head.sessionId;
      this.#requestId = head.requestId;
    } catch (error) {
      refusal = error;
    }
    const { telemetry } = this.#server;
    if (telemetry !== undefined) this.#observed = this.#observe(telemetry);
    if (this.#observed === undefined) return this.#answer(head, refusal);
    return this.#observed.run(() => this.#answer(head, refusal));
  }

  #observe(telemetry: SafeTelemetry): ObservedRequest | undefined {
    const { method, headers } = this.#exchange;
    const sessionId = this.#sessionId;
    const requestId = this.#requestId;
    return telemetry.request({ method, route: '/invocations', headers, sessionId, requestId });
  }

  async #answer(head: RequestHead | undefined, refusal: unknown): Promise<void> {
    try {
      if (head === undefined) throw refusal;
      const { config } = this.#server;
      const { headers, method } = this.#exchange;
      const authContext = config.decodeAuthorization && (await authenticate(config, headers));
      const isPost = method === 'POST';
      const sessionId = head.sessionId ?? (isPost ? createId() : missSessionId());
      this.#sessionId = sessionId;
      if (head.sessionId === undefined) this.#observed?.session(sessionId);
      if (config.authorize !== undefined) await authorize(config, authContext, sessionId);
      const isListening = method === 'GET' && acceptsStream(headers.accept);
      if (!isPost) {
        await this.#requireOwner(authContext, sessionId, false);
        return await (isListening ? this.#attach(sessionId) : this.#answerState(sessionId));
      }
      const bytes = await this.#exchange.readBody(config.maxBodyBytes);
      const body = parseInvocation(bytes);
      this.#redactor.hide(hiddenOf(body, bytes.length));
      // Only a prompt can be the first thing a session is sent.
      if (body.type !== 'prompt' && head.sessionId === undefined) missSessionId();
      const isTurn = body.type === 'prompt' || body.type === 'resume';
      const key = isTurn ? readIdempotencyKey(headers, body) : undefined;
      // Without the session, a repeat would begin another one.
      if (key !== undefined && head.sessionId === undefined) missSessionId();
      // Only now: a request that is refused makes nobody an owner.
      if (config.ownerOf !== undefined) await this.#requireOwner(authContext, sessionId, isTurn);
      if (body.type === 'status') return await this.#answerState(sessionId);
      if (body.type === 'cancel') return await this.#cancel(sessionId);
      if (body.type === 'attach') return await this.#attach(sessionId, body.lastEventId);
      const idempotency = isTurn && key !== undefined ? toIdempotency(key, body, sessionId) : undefined;
      const [exchange, redactor, observed] = [this.#exchange, this.#redactor, this.#observed];
      const turnRequest = { exchange, head, sessionId, authContext, body, idempotency, redactor, observed };
      this.#logTurn(await answerTurn(this.#server, turnRequest));
    } catch (error) {
      const failure = toHttpError(error);
      this.#log(failure.status, error ?? failure);
      this.#answerFailure(failure);
    }
  }

  async #requireOwner(authContext: unknown, sessionId: string, isTurn: boolean): Promise<void> {
    const { config, owners } = this.#server;
    const { ownerOf } = config;
    if (ownerOf !== undefined) await requireOwner(ownerOf, owners, { authContext, sessionId, isTurn });
  }

  #logTurn({ outcome, error, callerLeft }: TurnAnswerEnd): void {
    this.#callerLeft = callerLeft === true;
    // An agent may fail with nothing.
    this.#log(200, outcome === 'completed' ? undefined : (error ?? toHttpError(error)));
  }

  async #attach(sessionId: string, inBody?: string): Promise<void> {
    const exchange = this.#exchange;
    const lastEventId = readLastEventId(exchange, inBody);
    const attach = { exchange, sessionId, lastEventId, observed: this.#observed };
    const { status, callerLeft } = await answerAttach(this.#server, attach);
    this.#callerLeft = callerLeft;
    this.#log(status);
  }

  async #answerState(sessionId: string): Promise<void> {
    const { sessions, config } = this.#server;
    const state = await readState(sessionId, sessions, config.agentStore);
    if (state === null) throw unknownSession();
    // An agent's own notes are not for callers: a credential may be among them.
    this.#answerJson(toPlainJson({ ...state, [journalField]: undefined }));
  }

  /** Answers when the turn has stopped. */
  async #cancel(sessionId: string): Promise<void> {
    const { sessions, turns, config } = this.#server;
    const turn = sessions.find(sessionId)?.turn;
    const isHere = turns.findRunning(sessionId) !== undefined;
    // One that only begins here may be about to be refused, since another one runs elsewhere.
    const [isElsewhere] = await Promise.all([
      isHere ? false : config.turnStore?.cancel(sessionId),
      turn?.stop(turnCancelled()),
    ]);
    this.#answerJson({ cancelled: turn !== undefined || isElsewhere === true });
  }

  #answerJson(value: PlainData): void {
    this.#log(200);
    this.#exchange.answer(200, jsonHeaders, JSON.stringify(value));
  }

  /** True if a failure is told by an event, with status 200. */
  get #tellsByEvent(): boolean {
    return this.#server.config.errors !== 'status' && this.#exchange.method === 'POST';
  }

  #answerFailure(failure: HttpError): void {
    const { headers } = this.#exchange;
    if (!this.#tellsByEvent) {
      answerError(this.#exchange, failure);
      return;
    }
    const format = createFormat(headers.accept);
    const text = format.event(toTurnEvent(toErrorEvent(failure, this.#redactor))) + format.end();
    this.#exchange.answer(200, { 'content-type': format.contentType }, text);
  }

  #log(status: number, failure?: unknown): void {
    const { method, path } = this.#exchange;
    const [sessionId, requestId] = [this.#sessionId, this.#requestId];
    const durationMs = Math.round(performance.now() - this.#startedAt);
    const request = { sessionId, requestId, method, path, status, durationMs };
    const fields = this.#callerLeft ? { ...request, callerLeft: true } : request;
    if (failure === undefined) {
      this.#server.logger.info(fields, 'request');
      this.#observed?.end({ status, hasFailed: false, callerLeft: this.#callerLeft });
      return;
    }
    const { code, status: severity } = toHttpError(failure);
    const sent = this.#tellsByEvent ? 200 : status;
    this.#observed?.end({ status: sent, code, hasFailed: severity >= 500, callerLeft: this.#callerLeft });
    const level = severity >= 500 ? 'error' : 'warn';
    this.#server.logger[level]({ ...fields, code, error: this.#redactor.describe(failure) }, 'request');
  }
}

function missSessionId(): never {
  throw badRequest(`The header ${sessionIdHeader} is missing.`);
}

/** What may be quoted of a body. One that is larger than this is not looked through: no message is shown instead. */
const maxHidden = 1_000_000;

function hiddenOf(body: InvocationBody, bytes: number): HiddenBody {
  if (bytes > maxHidden) return { texts: 'too large' };
  if (body.type === 'prompt') return { texts: [body.prompt, body.metadata] };
  if (body.type !== 'resume') return { texts: undefined };
  const answers = body.inputs?.map(({ value }) => value);
  const credentials = body.credentials?.map(({ credential }) => credential);
  return { texts: [answers, body.metadata], credentials };
}
