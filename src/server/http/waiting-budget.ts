/** A response that is written faster than it is read. */
export interface SlowReader {
  /** Forgets what waits, and takes the reader for gone. */
  giveUp(): void;
}

/** How many bytes may wait for all slow readers of a server together. The one that most waits for is given up first. */
export class WaitingBudget {
  readonly #maxBytes: number;
  readonly #waiting = new Map<SlowReader, number>();
  #total = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes wait. */
  get total(): number {
    return this.#total;
  }

  /** Notes how much waits for a reader now. It may be given up before this returns. */
  note(reader: SlowReader, bytes: number): void {
    this.#total += bytes - (this.#waiting.get(reader) ?? 0);
    if (bytes > 0) this.#waiting.set(reader, bytes);
    else this.#waiting.delete(reader);
    while (this.#total > this.#maxBytes) this.#giveUpSlowest();
  }

  #giveUpSlowest(): void {
    let slowest: SlowReader | undefined;
    let most = 0;
    for (const [reader, bytes] of this.#waiting) {
      if (bytes <= most) continue;
      slowest = reader;
      most = bytes;
    }
    if (slowest === undefined) return;
    this.note(slowest, 0);
    slowest.giveUp();
  }
}
