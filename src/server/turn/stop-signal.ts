/**
 * Whether a turn is to stop, and why. An `AbortController` does the same, but takes a measurable part of a short turn.
 */
export class StopSignal {
  #reason: Error | undefined;
  readonly #listeners: ((reason: Error) => void)[] = [];

  get isStopped(): boolean {
    return this.#reason !== undefined;
  }

  /** The first reason counts. */
  stop(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    for (const listener of this.#listeners) listener(reason);
  }

  /** Calls back once when the turn is stopped; not at all if it has been already. */
  onStop(listener: (reason: Error) => void): void {
    this.#listeners.push(listener);
  }

  throwIfStopped(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }
}
