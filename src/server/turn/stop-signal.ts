/** Whether a turn is to stop, and why. Unlike an `AbortController`, it costs a short turn next to nothing. */
export class StopSignal {
  #reason: Error | undefined;
  #controller: AbortController | undefined;
  readonly #listeners: ((reason: Error) => void)[] = [];

  get isStopped(): boolean {
    return this.#reason !== undefined;
  }

  /** The first reason counts. */
  stop(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    for (const listener of this.#listeners) listener(reason);
  }

  /** The same for others to use, made when it is first asked for. */
  get abortSignal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** Calls back once when the turn is stopped; not at all if it has been already. */
  onStop(listener: (reason: Error) => void): void {
    this.#listeners.push(listener);
  }

  throwIfStopped(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }
}
