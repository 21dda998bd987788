import type { SpanContext } from '@opentelemetry/api';

/** How many turns are remembered, the newest. */
const maxTurns = 1_000;

/** The spans of turns, for the requests that hear one again. */
export class KnownTurns {
  readonly #spans = new Map<string, SpanContext>();

  add(turnId: string, span: SpanContext): void {
    this.#spans.set(turnId, span);
    const [oldest] = this.#spans.keys();
    if (this.#spans.size > maxTurns && oldest !== undefined) this.#spans.delete(oldest);
  }

  find(turnId: string): SpanContext | undefined {
    return this.#spans.get(turnId);
  }
}
