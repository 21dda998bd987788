import { runOutsideAgentScope } from '../agent-scope.js';
import { AgentStoreError, isAgentStoreError } from '../errors.js';
import { interruptedNumber, type LoggedEvent, type NumberedEvent } from '../turn-store.js';
import { type Chunk, forgetChunk, putChunk } from './chunk.js';
import type { HeldLease } from './held-lease.js';
import { pause } from './settled-put.js';
import type { TurnCore } from './turn-core.js';

interface HeldChunk {
  readonly index: number;
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
}

/** Writes what a turn says, a chunk at a time, for as long as the turn has its lease. */
export class EventLog {
  readonly #core: TurnCore;
  readonly #contextId: string;
  readonly #lease: HeldLease;
  readonly #keepSeconds: number;
  /** The events that are not known to be written. */
  readonly #pending: LoggedEvent[] = [];
  #pendingBytes = 0;
  /** The number of the first of them. */
  #first = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDueAtOnce = false;
  #writing: Promise<unknown> = Promise.resolve();
  /** The chunks whose events are kept, the oldest first. */
  readonly #held: HeldChunk[] = [];

  constructor(core: TurnCore, contextId: string, lease: HeldLease, keepSeconds: number) {
    this.#core = core;
    this.#contextId = contextId;
    this.#lease = lease;
    this.#keepSeconds = keepSeconds;
  }

  add(event: LoggedEvent): void {
    this.#push(event);
    this.#schedule();
  }

  /** Writes what is left, with the last event. Gives the end of the log, which somebody else may have written. */
  async end(last: LoggedEvent): Promise<NumberedEvent> {
    clearTimeout(this.#timer);
    this.#push(last);
    const number = this.#first + this.#pending.length - 1;
    for (let tries = 0; ; tries++) {
      try {
        const foreignEnd = await this.#flush(true);
        return foreignEnd ?? { ...last, number };
      } catch (error) {
        if (!isAgentStoreError(error, 'UNAVAILABLE') || !this.#lease.isSafe) throw error;
        await pause(tries);
      }
    }
  }

  #push(event: LoggedEvent): void {
    const { maxLogEvents, maxLogBytes } = this.#core.settings;
    this.#pending.push(event);
    this.#pendingBytes += sizeOf(event);
    // The store has not answered for long: what cannot be kept is not waited with.
    while (
      this.#pending.length > maxLogEvents ||
      (this.#pendingBytes > maxLogBytes && this.#pending.length > 1)
    )
      this.#shift();
  }

  #shift(): void {
    const event = this.#pending.shift();
    if (event === undefined) return;
    this.#pendingBytes -= sizeOf(event);
    this.#first++;
  }

  #schedule(): void {
    const { flushMs, flushBytes } = this.#core.settings;
    const isDueAtOnce = this.#pendingBytes >= flushBytes;
    if (this.#timer !== undefined && (this.#isDueAtOnce || !isDueAtOnce)) return;
    clearTimeout(this.#timer);
    this.#isDueAtOnce = isDueAtOnce;
    // It is set by the agent that emits, and is none of its own.
    this.#timer = runOutsideAgentScope(() =>
      setTimeout(() => void this.#flushInTime(), isDueAtOnce ? 0 : flushMs),
    );
  }

  async #flushInTime(): Promise<void> {
    this.#timer = undefined;
    try {
      await this.#flush(false);
    } catch {
      if (this.#lease.isSafe) this.#schedule(); // It is tried again until the lease is lost.
    }
  }

  #flush(isEnd: boolean): Promise<NumberedEvent | undefined> {
    const flushed = this.#writing.then(() => this.#write(isEnd));
    this.#writing = flushed.catch(() => {});
    return flushed;
  }

  /** Writes all that is pending now. Gives the end of the log if somebody else has written that. */
  async #write(isEnd: boolean): Promise<NumberedEvent | undefined> {
    while (this.#pending.length > 0) {
      if (!this.#lease.isSafe) throw new AgentStoreError('UNAVAILABLE', 'The turn has lost its lease.');
      const events = [...this.#pending];
      const chunk: Chunk = { first: this.#first, count: events.length, events, isEnd };
      const index = this.#lease.chunks;
      const result = await putChunk(this.#core, { ...this.#place, index }, chunk, this.#keepSeconds);
      if (result === null) continue;
      const stored = result === 'written' ? chunk : result;
      const [end] = stored.events ?? [];
      if (stored.first === interruptedNumber && end !== undefined) {
        this.#lease.lose();
        return { ...end, number: interruptedNumber };
      }
      // What is there is what an earlier try has written, of which nobody has heard.
      this.#lease.chunks++;
      const bytes = (stored.events ?? []).reduce((sum, event) => sum + sizeOf(event), 0);
      while (this.#first < stored.first + stored.count) this.#shift();
      this.#held.push({ index, first: stored.first, count: stored.count, bytes });
      await this.#forgetExcess();
      if (!isEnd) return undefined;
    }
    return undefined;
  }

  async #forgetExcess(): Promise<void> {
    const { maxLogEvents, maxLogBytes } = this.#core.settings;
    const sum = (what: 'count' | 'bytes') => this.#held.reduce((total, chunk) => total + chunk[what], 0);
    while (this.#held.length > 1 && (sum('count') > maxLogEvents || sum('bytes') > maxLogBytes)) {
      const oldest = this.#held.shift();
      if (oldest === undefined) return;
      const place = { ...this.#place, index: oldest.index };
      // One that cannot be replaced harms nobody: it expires.
      await forgetChunk(this.#core, place, oldest, this.#keepSeconds).catch(() => {});
    }
  }

  get #place() {
    return { contextId: this.#contextId, turn: this.#lease.turn };
  }
}

function sizeOf({ kind, data }: LoggedEvent): number {
  return kind.length + data.length + 8;
}
