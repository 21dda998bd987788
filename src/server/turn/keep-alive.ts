/** Calls back whenever nothing has been noted for so many seconds. */
export class KeepAlive {
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #notedAt = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(idleSeconds: number, onIdle: () => void) {
    this.#idleMs = Math.max(idleSeconds * 1_000, 1);
    this.#onIdle = onIdle;
  }

  start(): void {
    this.#schedule(this.#idleMs);
  }

  /** Called for every event, so it only reads the clock. The timer is set once in a while. */
  note(): void {
    this.#notedAt = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      const leftMs = this.#notedAt + this.#idleMs - performance.now();
      if (leftMs <= 0) {
        this.note();
        this.#onIdle();
      }
      this.#schedule(leftMs > 0 ? leftMs : this.#idleMs);
    }, delayMs);
  }
}
