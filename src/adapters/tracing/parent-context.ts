import { type Context, context, propagation, type Span, TraceFlags, trace } from '@opentelemetry/api';
import { names } from './attributes.js';

/** Where the span of a request belongs. */
export interface ParentContext {
  readonly parent: Context;
  /** True if it is inside of a span of this process, such as that of an instrumentation of `node:http`. */
  readonly isInside: boolean;
}

/** The span of this process that the request is handled in, or else the one that its headers name. */
export function findParent(headers: Readonly<Record<string, string | undefined>>): ParentContext {
  const active = context.active();
  const span = trace.getSpan(active);
  const outside = propagation.extract(trace.deleteSpan(active), headers);
  const named = trace.getSpanContext(outside);
  const isInside =
    span !== undefined &&
    isUnderWay(span) &&
    [undefined, span.spanContext().traceId].includes(named?.traceId);
  return isInside ? { parent: active, isInside } : { parent: outside, isInside };
}

/**
 * The same context, for spans of a session. What calls others from inside sends the session with the trace, and whoever looks at
 * the spans of one can so find those of all.
 */
export function withSession(parent: Context, sessionId: string): Context {
  const baggage = propagation.getBaggage(parent) ?? propagation.createBaggage();
  return propagation.setBaggage(parent, baggage.setEntry(names.session, { value: sessionId }));
}

/** False for one that has ended. A server that was started inside of a span has it in all of its requests. */
function isUnderWay(span: Span): boolean {
  const isSampled = (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
  return span.isRecording() || !isSampled;
}
