/** Calls back whenever nothing has been written for so many seconds. */
export class KeepAlive {
  readonly #idleMs: number;
  readonly #writtenAt: () => number;
  readonly #onIdle: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `writtenAt` is only asked once in a while, so that an event need not set a timer. */
  constructor(idleSeconds: number, writtenAt: () => number, onIdle: () => void) {
    this.#idleMs = Math.max(idleSeconds * 1_000, 1);
    this.#writtenAt = writtenAt;
    this.#onIdle = onIdle;
  }

  start(): void {
    this.#schedule(this.#idleMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      const leftMs = this.#writtenAt() + this.#idleMs - performance.now();
      if (leftMs <= 0) this.#onIdle();
      this.#schedule(leftMs > 0 ? leftMs : this.#idleMs);
    }, delayMs);
  }
}
