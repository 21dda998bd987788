import { type Context, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { TelemetryTurn, TelemetryTurnEnd, TurnTelemetry } from '../../domain/telemetry.js';
import { names, sessionAttributes } from './attributes.js';
import { inputMessages, outputMessages } from './messages.js';
import type { Tracing } from './tracing.js';

const genAiOperation = 'invoke_agent';

/** The span of a turn, from its begin to its end, whatever becomes of the request. */
export class TurnSpan implements TurnTelemetry {
  readonly wantsContent: boolean;
  readonly #tracing: Tracing;
  readonly #span: Span;
  readonly #context: Context;

  constructor(tracing: Tracing, parent: Context, { sessionId, turnId, said }: TelemetryTurn) {
    const { agent, agentName, captureContent, tracer, turns } = tracing;
    const name = agentName === undefined ? genAiOperation : `${genAiOperation} ${agentName}`;
    const attributes = {
      [names.genAiOperation]: genAiOperation,
      ...agent,
      ...sessionAttributes(sessionId),
      [names.turn]: turnId,
    };
    this.#tracing = tracing;
    this.#span = tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes }, parent);
    this.#context = trace.setSpan(parent, this.#span);
    this.wantsContent = captureContent && this.#span.isRecording();
    if (this.wantsContent) this.#span.setAttribute(names.inputMessages, inputMessages(said));
    turns.add(turnId, this.#span.spanContext());
  }

  run(work: () => void): void {
    context.with(this.#context, work);
  }

  end({ outcome, code, inputTokens, outputTokens, content }: TelemetryTurnEnd): void {
    const { agent, instruments } = this.#tracing;
    const reason = code === undefined ? {} : { [names.error]: code };
    this.#span.setAttributes({
      [names.outcome]: outcome,
      ...reason,
      ...(inputTokens > 0 && { [names.inputTokens]: inputTokens }),
      ...(outputTokens > 0 && { [names.outputTokens]: outputTokens }),
      ...(content !== undefined && { [names.outputMessages]: outputMessages(content, outcome) }),
    });
    const isError = outcome === 'failed' || outcome === 'interrupted';
    // Without a message: it may quote what was said.
    if (isError) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end();
    instruments?.turns.add(1, { ...agent, [names.outcome]: outcome, ...reason });
  }
}
