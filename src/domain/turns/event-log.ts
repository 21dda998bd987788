import { runOutsideAgentScope } from '../agent-scope.js';
import { isAgentStoreError } from '../errors.js';
import { isUnknown, pause } from '../store/settled-put.js';
import { interruptedNumber, type LoggedEvent, type NumberedEvent } from '../turn-store.js';
import { type Chunk, forgetChunk, interruptedEnd, makeSmaller, putChunk } from './chunk.js';
import type { HeldLease } from './held-lease.js';
import { PendingEvents, sizeOf } from './pending-events.js';
import { type TurnCore, toExpiry } from './turn-core.js';

/** So many bytes of events fit into one record of a usual backend. */
const maxChunkBytes = 256 * 1_024;

interface HeldChunk extends Pick<Chunk, 'first' | 'count'> {
  readonly index: number;
  readonly bytes: number;
  readonly expiresAt: number;
}

/** Writes what a turn says, a chunk at a time, for as long as the turn has its lease. */
export class EventLog {
  readonly #core: TurnCore;
  readonly #contextId: string;
  readonly #lease: HeldLease;
  readonly #keepSeconds: number;
  readonly #pending: PendingEvents;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDueAtOnce = false;
  #isFlushing = false;
  /** True once no more events are taken: the newest one is the last. */
  #isOver = false;
  /** Chunks, one after another. */
  #writing: Promise<unknown> = Promise.resolve();
  /** The chunks whose events are kept, the oldest first. */
  readonly #held: HeldChunk[] = [];
  #heldEvents = 0;
  #heldBytes = 0;
  /** When the newest chunk expires. No chunk does so before an earlier one, whatever the clock does. */
  #expiresAt = 0;

  constructor(core: TurnCore, contextId: string, lease: HeldLease, keepSeconds: number) {
    const { maxLogEvents, maxLogBytes } = core.settings;
    this.#core = core;
    this.#contextId = contextId;
    this.#lease = lease;
    this.#keepSeconds = keepSeconds;
    this.#pending = new PendingEvents(maxLogEvents, maxLogBytes);
  }

  add(event: LoggedEvent): void {
    if (this.#isOver) return;
    this.#pending.push(event);
    this.#schedule();
  }

  /** Takes no more events, and writes none of those that are not written yet. */
  discard(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#pending.dropBefore(this.#pending.next);
  }

  /** Writes what is left, with the last event. Gives the end of the log, which somebody else may have written. */
  async end(last: LoggedEvent): Promise<NumberedEvent> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    const number = this.#pending.next;
    this.#pending.push(last);
    for (let tries = 0; ; tries++) {
      const { isSafe } = this.#lease;
      try {
        return (await this.#flush(true)) ?? { ...last, number };
      } catch (error) {
        if (!isSafe || !isUnknown(error)) throw error;
        await pause(tries);
      }
    }
  }

  #schedule(): void {
    const { flushMs, flushBytes } = this.#core.settings;
    const isDueAtOnce = this.#pending.bytes >= flushBytes;
    // What comes while some are written waits until they are.
    if (this.#isFlushing || (this.#timer !== undefined && (this.#isDueAtOnce || !isDueAtOnce))) return;
    clearTimeout(this.#timer);
    this.#isDueAtOnce = isDueAtOnce;
    // It is set by the agent that emits, and is none of its own.
    this.#timer = runOutsideAgentScope(() =>
      setTimeout(() => void this.#flushInTime(), isDueAtOnce ? 0 : flushMs),
    );
  }

  /** If it fails, it is tried again, until the lease is lost. */
  async #flushInTime(): Promise<void> {
    this.#timer = undefined;
    this.#isFlushing = true;
    await this.#flush(false).catch(() => pause(4));
    this.#isFlushing = false;
    const { first, next } = this.#pending;
    if (first < next && !this.#isOver && this.#lease.isSafe) this.#schedule();
  }

  #flush(isEnd: boolean): Promise<NumberedEvent | undefined> {
    const flushed = this.#writing.then(() => this.#write(isEnd));
    // Whoever has asked for this write hears of its failure. The next one is tried all the same.
    this.#writing = flushed.catch(() => {});
    return flushed;
  }

  /** Writes all that is pending now. Gives the end of the log if that is another one. */
  async #write(isEnd: boolean): Promise<NumberedEvent | undefined> {
    const { next } = this.#pending;
    while (this.#pending.first < next) {
      const { isSafe } = this.#lease;
      if (!isSafe) this.#lease.lose();
      if (!isSafe && !isEnd) return undefined;
      const stored = await this.#put(isSafe ? this.#nextChunk() : interruptedEnd);
      const [end] = stored.events ?? [];
      if (stored.first === interruptedNumber && end !== undefined) {
        this.#lease.lose();
        return { ...end, number: interruptedNumber };
      }
      await this.#keep(stored);
    }
    return undefined;
  }

  #nextChunk(): Chunk {
    const { first, events } = this.#pending.take(maxChunkBytes);
    const count = events.length;
    return { first, count, events, isEnd: this.#isOver && first + count === this.#pending.next };
  }

  /**
   * Puts a chunk, or as much of it as has room in a record. Gives what is there then: it may be what an earlier try has
   * written, of which nobody has heard.
   */
  async #put(chunk: Chunk): Promise<Chunk> {
    this.#expiresAt = Math.max(this.#expiresAt, toExpiry(this.#core, this.#keepSeconds));
    const place = { ...this.#place, index: this.#lease.chunks };
    try {
      return await putChunk(this.#core, place, chunk, this.#expiresAt);
    } catch (error) {
      if (!isAgentStoreError(error, 'TOO_LARGE') || chunk.events === null) throw error;
      return this.#put(makeSmaller(chunk));
    }
  }

  /** A chunk of the turn is written. If they are too many by now, the oldest are given up. */
  async #keep({ first, count, events }: Chunk): Promise<void> {
    this.#pending.dropBefore(first + count);
    const bytes = (events ?? []).reduce((sum, event) => sum + sizeOf(event), 0);
    this.#held.push({ index: this.#lease.chunks++, first, count, bytes, expiresAt: this.#expiresAt });
    this.#heldEvents += count;
    this.#heldBytes += bytes;
    const { maxLogEvents, maxLogBytes } = this.#core.settings;
    while (this.#held.length > 1 && (this.#heldEvents > maxLogEvents || this.#heldBytes > maxLogBytes)) {
      for (const oldest of this.#held.splice(0, 1)) await this.#forget(oldest);
    }
  }

  /** A chunk that cannot be replaced harms nobody: it expires. */
  async #forget({ index, first, count, bytes, expiresAt }: HeldChunk): Promise<void> {
    this.#heldEvents -= count;
    this.#heldBytes -= bytes;
    const place = { ...this.#place, index };
    await forgetChunk(this.#core, place, { first, count }, expiresAt).catch(() => {});
  }

  get #place() {
    return { contextId: this.#contextId, turn: this.#lease.turn };
  }
}
