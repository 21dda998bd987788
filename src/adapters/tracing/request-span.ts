import { type Context, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type {
  RequestTelemetry,
  TelemetryRequest,
  TelemetryRequestEnd,
  TelemetryTurn,
  TurnTelemetry,
} from '../../domain/telemetry.js';
import { names, sessionAttributes } from './attributes.js';
import { findParent, withSession } from './parent-context.js';
import type { Tracing } from './tracing.js';
import { TurnSpan } from './turn-span.js';

/** The span of a request. */
export class RequestSpan implements RequestTelemetry {
  readonly #tracing: Tracing;
  readonly #span: Span;
  #context: Context;
  #hasTurn = false;

  constructor(tracing: Tracing, { method, route, headers, sessionId, requestId }: TelemetryRequest) {
    const { parent, isInside } = findParent(headers);
    const attributes = {
      [names.method]: method,
      [names.route]: route,
      ...(requestId !== undefined && { [names.request]: requestId }),
      ...(sessionId !== undefined && sessionAttributes(sessionId)),
    };
    const kind = isInside ? SpanKind.INTERNAL : SpanKind.SERVER;
    this.#tracing = tracing;
    this.#span = tracing.tracer.startSpan(`${method} ${route}`, { kind, attributes }, parent);
    const inside = trace.setSpan(parent, this.#span);
    this.#context = sessionId === undefined ? inside : withSession(inside, sessionId);
  }

  run(work: () => void): void {
    context.with(this.#context, work);
  }

  session(sessionId: string): void {
    this.#span.setAttributes(sessionAttributes(sessionId));
    this.#context = withSession(this.#context, sessionId);
  }

  turn(turn: TelemetryTurn): TurnTelemetry {
    this.#hasTurn = true;
    this.#span.setAttribute(names.turn, turn.turnId);
    return new TurnSpan(this.#tracing, this.#context, turn);
  }

  attached(turnId: string): void {
    this.#span.setAttribute(names.turn, turnId);
    const turn = this.#tracing.turns.find(turnId);
    if (turn !== undefined) this.#span.addLink({ context: turn });
  }

  end({ status, code, hasFailed, callerLeft }: TelemetryRequestEnd): void {
    this.#span.setAttribute(names.status, status);
    if (callerLeft) this.#span.setAttribute(names.callerLeft, true);
    if (code !== undefined) this.#span.setAttribute(names.error, code);
    // Without a message: it may quote what was said.
    if (hasFailed) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
    if (code !== undefined && !this.#hasTurn)
      this.#tracing.instruments?.refused.add(1, { [names.error]: code });
  }
}
