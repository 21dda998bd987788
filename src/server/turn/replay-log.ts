import type { TurnEvent } from './turn-event.js';

/** How much one log may hold, and who is told what all logs hold together. */
export interface ReplayLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** Called with what a log holds more than before, or with negative numbers for less. */
  note(events: number, bytes: number): void;
}

/** So many places of dropped events are not worth moving the others for. */
const maxEmpty = 1_000;

/** The newest events of a turn by their numbers, for those that come back. The oldest are dropped when there are too many. */
export class ReplayLog {
  readonly #limits: ReplayLimits;
  #events: (TurnEvent | undefined)[] = [];
  /** How many places at the beginning of the list are empty. */
  #empty = 0;
  #dropped = 0;
  #bytes = 0;

  constructor(limits: ReplayLimits) {
    this.#limits = limits;
  }

  /** The number of the newest event, which may be dropped already. */
  get newest(): number {
    return this.#dropped + this.size;
  }

  /** The number of the newest event that is dropped: all before it are too. */
  get dropped(): number {
    return this.#dropped;
  }

  get size(): number {
    return this.#events.length - this.#empty;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the number of the event. */
  append(event: TurnEvent): number {
    const bytes = Buffer.byteLength(event.data);
    this.#events.push(event);
    this.#bytes += bytes;
    const number = this.newest;
    const { maxEvents, maxBytes } = this.#limits;
    this.#limits.note(1, bytes);
    while (this.size > maxEvents || this.#bytes > maxBytes) this.dropOldest();
    return number;
  }

  dropOldest(): void {
    const oldest = this.#events[this.#empty];
    if (oldest === undefined) return;
    const bytes = Buffer.byteLength(oldest.data);
    this.#events[this.#empty] = undefined;
    this.#empty++;
    this.#dropped++;
    this.#bytes -= bytes;
    if (this.#empty > maxEmpty && this.#empty > this.size) {
      this.#events = this.#events.slice(this.#empty);
      this.#empty = 0;
    }
    this.#limits.note(-1, -bytes);
  }

  /** Drops everything. */
  clear(): void {
    const { size, bytes } = this;
    this.#dropped += size;
    this.#events = [];
    this.#empty = 0;
    this.#bytes = 0;
    this.#limits.note(-size, -bytes);
  }

  /** The events that are held of those after this one, each with its number. */
  *after(number: number): Generator<[TurnEvent, number]> {
    for (let next = Math.max(number, this.#dropped) + 1; next <= this.newest; next++) {
      const event = this.#events[this.#empty + next - this.#dropped - 1];
      if (event !== undefined) yield [event, next];
    }
  }
}
