import type { Place } from '../../domain/roster.js';
import { answerError, HttpError } from '../failures/http-error.js';
import type { Exchange, ResponseWriter } from '../http/exchange.js';
import type { WaitingBudget } from '../http/waiting-budget.js';
import { sessionIdHeader } from '../invocation/request-head.js';
import { awaitTickEnd, leaveTickEnd, type TickListener, type TickPlace } from '../process/tick-end.js';
import { createFormat, type EventFormat } from './event-format.js';
import type { KeepAlives, KeptAlive } from './keep-alives.js';
import type { TurnListener } from './live-turn.js';
import type { TurnEvent } from './turn-event.js';

export interface TurnStreamOptions {
  readonly exchange: Exchange;
  readonly sessionId: string;
  readonly turnId: string;
  readonly keepAlives: KeepAlives;
  readonly budget: WaitingBudget;
  /** Called once if the caller leaves before the end, or is given up since it does not read. */
  onGone(why: string): void;
  /** Called once when nothing more will be written. */
  onOver?(): void;
}

/** A turn as one caller hears it. Until it opens, with the first event or soon after the start, a failure can be a status. */
export class TurnStream implements TurnListener, KeptAlive, TickListener {
  readonly #options: TurnStreamOptions;
  readonly #format: EventFormat;
  /** Since when it must be kept alive. */
  #keptSince = 0;
  #kept: Place<KeptAlive> | undefined;
  #awaited: TickPlace | undefined;
  #writer: ResponseWriter | undefined;
  #isOver = false;
  #hasLeft = false;
  #failures: unknown[] | undefined;
  #stopWaiting: (() => void) | undefined;

  constructor(options: TurnStreamOptions) {
    this.#options = options;
    this.#format = createFormat(options.exchange.headers.accept, options.turnId);
    if (this.#format.opensEarly) this.#beKeptAlive();
  }

  get isOpen(): boolean {
    return this.#writer !== undefined;
  }

  get writtenAt(): number {
    return Math.max(this.#writer?.writtenAt ?? 0, this.#keptSince);
  }

  keepAlive(): void {
    this.#open().write(this.#format.keepAlive);
  }

  /** True if the caller has left before the end. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** From now on, notices that the caller leaves. It may have already. */
  watch(): void {
    this.#options.exchange.onGone(() => this.#leave('The caller has left.'));
  }

  /** Opens once the agent has had the time to say that it cannot start. */
  start(): void {
    if (!this.isOpen && !this.#isOver) this.#awaited ??= awaitTickEnd(this);
  }

  onTickEnd(): void {
    this.#open();
  }

  /** Opens at once: there is nothing that could still fail with a status. */
  open(): void {
    this.#open();
  }

  send(event: TurnEvent, number: number): void {
    this.#open().write(this.#format.event(event, number), event.isAscii);
  }

  /** Resolves when the caller has taken nearly all of what was sent, or has left: for those that can wait. */
  async drained(): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined || this.#hasLeft) return;
    await new Promise<void>((resolve) => {
      this.#stopWaiting = resolve;
      writer.onDrained(resolve);
    });
  }

  end(): void {
    this.close();
    const rest = this.#format.end();
    if (rest !== '') this.#writer?.write(rest);
    this.#writer?.end();
    this.#options.onOver?.();
  }

  fail(error: unknown): void {
    this.close();
    this.#failures = [error];
    this.#options.onOver?.();
  }

  /** Writes nothing more, and leaves the answer to others. */
  close(): void {
    this.#isOver = true;
    leaveTickEnd(this.#awaited);
    this.#options.keepAlives.remove(this.#kept);
  }

  /** Throws what has kept the answer from being written to its end. */
  throwIfFailed(): void {
    if (this.#failures !== undefined) throw this.#failures[0];
  }

  #beKeptAlive(): void {
    this.#keptSince = performance.now();
    this.#kept = this.#options.keepAlives.add(this);
  }

  #leave(why: string): void {
    if (this.#isOver) return;
    this.close();
    this.#hasLeft = true;
    // Nobody reads it, but a platform may wait for an answer.
    if (!this.isOpen) answerError(this.#options.exchange, new HttpError('CLIENT_GONE', why));
    this.#options.onGone(why);
    this.#options.onOver?.();
    this.#stopWaiting?.();
  }

  #open(): ResponseWriter {
    if (this.#writer !== undefined) return this.#writer;
    if (!this.#format.opensEarly) this.#beKeptAlive();
    const { exchange, budget, sessionId } = this.#options;
    const headers = {
      'content-type': this.#format.contentType,
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      [sessionIdHeader]: sessionId,
    };
    this.#writer = exchange.open(headers, budget, () => this.#leave('The caller does not read.'));
    return this.#writer;
  }
}
