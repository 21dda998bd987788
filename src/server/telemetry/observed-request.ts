import type { RequestTelemetry, TelemetryRequestEnd, TelemetryTurn } from '../../domain/telemetry.js';
import type { Guard } from './guard.js';
import { ObservedTurn } from './observed-turn.js';

/** A request that telemetry hears of. */
export class ObservedRequest {
  readonly #guard: Guard;
  readonly #heard: RequestTelemetry;
  #hasEnded = false;

  constructor(guard: Guard, heard: RequestTelemetry) {
    this.#guard = guard;
    this.#heard = heard;
  }

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#guard.run((inside) => this.#heard.run(inside), work);
  }

  session(sessionId: string): void {
    this.#guard.attempt(() => this.#heard.session(sessionId));
  }

  turn(turn: TelemetryTurn): ObservedTurn | undefined {
    const heard = this.#guard.attempt(() => this.#heard.turn(turn));
    return heard === undefined ? undefined : new ObservedTurn(this.#guard, heard);
  }

  attached(turnId: string): void {
    this.#guard.attempt(() => this.#heard.attached(turnId));
  }

  /** Only the first end counts: a caller may leave before its turn ends. */
  end(end: TelemetryRequestEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#guard.attempt(() => this.#heard.end(end));
  }
}
