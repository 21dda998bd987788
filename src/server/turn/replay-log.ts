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

/** A log with more bytes is not packed: to copy it would hold up everybody else. */
const maxPackedBytes = 65_536;

/** Between the kinds and the data of packed events. No JSON text that this process writes holds it. */
const separator = '\n';

/** The newest events of a turn by their numbers, for those that come back. The oldest are dropped when there are too many. */
export class ReplayLog {
  readonly #limits: ReplayLimits;
  #events: (TurnEvent | undefined)[] = [];
  /** The events as one text instead, if the log is packed. */
  #packed: string | undefined;
  /** How many places at the beginning of the list are empty. */
  #empty = 0;
  #newest = 0;
  #dropped = 0;
  #bytes = 0;

  constructor(limits: ReplayLimits) {
    this.#limits = limits;
  }

  /** The number of the newest event, which may be dropped already. */
  get newest(): number {
    return this.#newest;
  }

  /** The number of the newest event that is dropped: all before it are too. */
  get dropped(): number {
    return this.#dropped;
  }

  get size(): number {
    return this.#newest - this.#dropped;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the number of the event. */
  append(event: TurnEvent): number {
    const bytes = sizeOf(event);
    this.#unpack();
    this.#events.push(event);
    this.#bytes += bytes;
    const number = ++this.#newest;
    const { maxEvents, maxBytes } = this.#limits;
    this.#limits.note(1, bytes);
    while (this.size > maxEvents || this.#bytes > maxBytes) this.dropOldest();
    return number;
  }

  dropOldest(): void {
    this.#unpack();
    const oldest = this.#events[this.#empty];
    if (oldest === undefined) return;
    const bytes = sizeOf(oldest);
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

  /** Keeps the events as one text until somebody asks for them: the garbage collector then copies one object, and not two for each event. */
  pack(): void {
    if (this.#packed !== undefined || this.#bytes > maxPackedBytes) return;
    const parts: string[] = [];
    let lastKind = '';
    for (const event of this.#events) {
      if (event === undefined) continue;
      const { kind, data } = event;
      if (kind !== lastKind && kind.includes(separator)) return;
      lastKind = kind;
      parts.push(kind, data);
    }
    this.#packed = parts.join(separator);
    this.#events = [];
    this.#empty = 0;
  }

  /** Drops everything. */
  clear(): void {
    const { size, bytes } = this;
    this.#dropped = this.#newest;
    this.#events = [];
    this.#packed = undefined;
    this.#empty = 0;
    this.#bytes = 0;
    this.#limits.note(-size, -bytes);
  }

  /** The events that are held of those after this one, each with its number. */
  *after(number: number): Generator<[TurnEvent, number]> {
    this.#unpack();
    for (let next = Math.max(number, this.#dropped) + 1; next <= this.newest; next++) {
      const event = this.#events[this.#empty + next - this.#dropped - 1];
      if (event !== undefined) yield [event, next];
    }
  }

  #unpack(): void {
    if (this.#packed === undefined) return;
    const parts = this.#packed.split(separator);
    this.#packed = undefined;
    for (let at = 0; at + 1 < parts.length; at += 2)
      this.#events.push({ kind: parts[at] ?? '', data: parts[at + 1] ?? '' });
  }
}

function sizeOf({ data, isAscii }: TurnEvent): number {
  return isAscii ? data.length : Buffer.byteLength(data);
}
