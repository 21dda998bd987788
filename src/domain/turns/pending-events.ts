import type { LoggedEvent } from '../turn-store.js';

/** What is taken from them to be written. */
interface Batch {
  /** The number of its first event. */
  readonly first: number;
  readonly events: readonly LoggedEvent[];
}

/** The events of a turn that are not known to be written, the oldest first. */
export class PendingEvents {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  readonly #events: LoggedEvent[] = [];
  #bytes = 0;
  #first = 1;

  constructor(maxCount: number, maxBytes: number) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the oldest. */
  get first(): number {
    return this.#first;
  }

  /** The number that the next event gets. */
  get next(): number {
    return this.#first + this.#events.length;
  }

  /** The store may not have answered for long: those that are too many are dropped, the oldest first, but never the newest. */
  push(event: LoggedEvent): void {
    this.#events.push(event);
    this.#bytes += sizeOf(event);
    while (this.#events.length > 1 && (this.#events.length > this.#maxCount || this.#bytes > this.#maxBytes))
      this.dropBefore(this.#first + 1);
  }

  /** The oldest, as many as have so many bytes, but one in any case. */
  take(maxBytes: number): Batch {
    let count = 0;
    let bytes = 0;
    for (const event of this.#events) {
      bytes += sizeOf(event);
      if (count > 0 && bytes > maxBytes) break;
      count++;
    }
    return { first: this.#first, events: this.#events.slice(0, count) };
  }

  /** Drops the events with a number below that. */
  dropBefore(number: number): void {
    const dropped = this.#events.splice(0, Math.max(number - this.#first, 0));
    for (const event of dropped) this.#bytes -= sizeOf(event);
    this.#first += dropped.length;
  }
}

export function sizeOf({ kind, data }: LoggedEvent): number {
  return Buffer.byteLength(kind) + Buffer.byteLength(data) + 8;
}
