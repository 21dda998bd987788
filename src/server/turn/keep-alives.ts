import { type Place, Roster } from '../../domain/roster.js';
import { setIdleTimer } from '../process/timing.js';

/** An answer that nobody on the way may take for dead. */
export interface KeptAlive {
  /** When something was last written, in milliseconds of `performance.now()`. */
  readonly writtenAt: number;
  /** Writes something that says nothing. */
  keepAlive(): void;
}

/** So much earlier than it must, an answer is kept alive: all that are due at nearly the same time then share a round. */
const early = 0.05;

/**
 * Keeps alive each answer that nothing has been written to for some time. One timer is for all of them: to set and clear
 * one of its own takes up to a tenth of a short turn.
 */
export class KeepAlives {
  readonly #idleMs: number;
  readonly #open = new Roster<KeptAlive>();
  /** Goes off no later than the first of them is due. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param idleSeconds - How long nothing may be written. */
  constructor(idleSeconds: number) {
    this.#idleMs = Math.max(idleSeconds * 1_000, 1);
  }

  add(answer: KeptAlive): Place<KeptAlive> {
    this.#timer ??= this.#setTimer(this.#idleMs);
    return this.#open.add(answer);
  }

  /** Fine for one that was never added, or is removed already. */
  remove(place: Place<KeptAlive> | undefined): void {
    if (place !== undefined) this.#open.remove(place);
  }

  #setTimer(delayMs: number): ReturnType<typeof setTimeout> {
    return setIdleTimer(() => this.#goRound(), delayMs);
  }

  #goRound(): void {
    this.#timer = undefined;
    const now = performance.now();
    let nextMs = this.#idleMs;
    for (const place of this.#open.list()) {
      const answer = place.member;
      const leftMs = answer.writtenAt + this.#idleMs - now;
      if (place.index < 0) continue;
      if (leftMs <= this.#idleMs * early) answer.keepAlive();
      else nextMs = Math.min(nextMs, leftMs);
    }
    if (this.#open.size > 0) this.#timer ??= this.#setTimer(nextMs);
  }
}
