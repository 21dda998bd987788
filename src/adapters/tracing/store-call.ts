import { type Context, context, diag, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { type BackendUse, type CallMeter, runMetered } from '../../domain/call-meter.js';
import { isAgentStoreError } from '../../domain/errors.js';
import { names, sessionAttributes } from './attributes.js';
import { Providers } from './providers.js';

const providers = new Providers();

/** What is called, and for which session. */
export interface StoreOperation {
  readonly operation: string;
  /** What the store keeps. */
  readonly kept: string;
  readonly sessionId: string | undefined;
}

/** One call of a store, as a span. What the backend tells of it is added up. */
export class StoreCall implements CallMeter {
  readonly #operation: string;
  readonly #span: Span;
  readonly #context: Context;
  #bytes: number | undefined;
  #readUnits: number | undefined;
  #writeUnits: number | undefined;
  #isOver = false;

  private constructor({ operation, kept, sessionId }: StoreOperation) {
    const attributes = {
      [names.storeOperation]: operation,
      ...(sessionId !== undefined && sessionAttributes(sessionId)),
    };
    const options = { kind: SpanKind.INTERNAL, attributes };
    this.#operation = operation;
    this.#span = providers.tracer.startSpan(`${operation} ${kept}`, options);
    this.#context = trace.setSpan(context.active(), this.#span);
  }

  /** `undefined` if nobody would get the span. */
  static start(operation: StoreOperation): StoreCall | undefined {
    return quietly(() => (providers.areThere ? new StoreCall(operation) : undefined));
  }

  /** Runs a part of the call. */
  run<Result>(work: () => Result): Result {
    return context.with(this.#context, () => (this.#span.isRecording() ? runMetered(this, work) : work()));
  }

  add({ bytes, readUnits, writeUnits }: BackendUse): void {
    this.#bytes = sum(this.#bytes, bytes);
    this.#readUnits = sum(this.#readUnits, readUnits);
    this.#writeUnits = sum(this.#writeUnits, writeUnits);
  }

  /** Does nothing if it has failed. */
  end(outcome = 'ok'): void {
    if (!this.#isOver) quietly(() => this.#end(outcome));
  }

  fail(error: unknown): void {
    const code = isAgentStoreError(error) ? error.code : '_OTHER';
    quietly(() => {
      // Without the message: it may quote ids, and names of what is in a state.
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
      this.#span.setAttribute(names.error, code);
      this.#end(code);
      if (code === 'CONFLICT')
        providers.instruments?.conflicts.add(1, { [names.storeOperation]: this.#operation });
    });
  }

  #end(outcome: string): void {
    this.#isOver = true;
    this.#span.setAttribute(names.storeOutcome, outcome);
    if (this.#bytes !== undefined) this.#span.setAttribute(names.storeBytes, this.#bytes);
    if (this.#readUnits !== undefined) this.#span.setAttribute(names.readUnits, this.#readUnits);
    if (this.#writeUnits !== undefined) this.#span.setAttribute(names.writeUnits, this.#writeUnits);
    this.#span.end();
  }
}

/** A call must not fail because its span does. */
function quietly<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    diag.error('A call of a store could not be traced.', error);
    return undefined;
  }
}

function sum(one: number | undefined, other: number | undefined): number | undefined {
  return other === undefined ? one : (one ?? 0) + other;
}
