import { maxAhead, maxUnsent, type ResponseWriter } from '../server/http/exchange.js';
import type { SlowReader, WaitingBudget } from '../server/http/waiting-budget.js';
import type { AnswerStream } from './platform.js';

/** Joins the events of one tick into one write. While the stream is full, they wait. */
export class AnswerWriter implements ResponseWriter, SlowReader {
  readonly #stream: AnswerStream;
  readonly #budget: WaitingBudget;
  readonly #onUnread: () => void;
  writtenAt = performance.now();
  #unsent = '';
  #waiting = 0;
  #hasBegun = false;
  #isScheduled = false;
  #isFull = false;
  #isEnding = false;
  #isOver = false;
  #onDrained: (() => void) | undefined;

  /** @param onUnread - Called if the caller does not read what is written, and is given up. */
  constructor(stream: AnswerStream, budget: WaitingBudget, onUnread: () => void) {
    this.#stream = stream;
    this.#budget = budget;
    this.#onUnread = onUnread;
    stream.on('drain', () => this.#goOn());
    this.#schedule();
  }

  write(text: string): void {
    if (this.#isOver) return;
    this.writtenAt = performance.now();
    this.#unsent += text;
    if (this.#isFull) this.#wait(Buffer.byteLength(text));
    else this.#schedule();
  }

  end(): void {
    this.#isEnding = true;
    if (!this.#isFull) this.#flush();
  }

  onDrained(listener: () => void): void {
    if (this.#unsent.length >= maxAhead && !this.#isFull) this.#flush();
    if (this.#isFull) this.#onDrained = listener;
    else listener();
  }

  giveUp(): void {
    this.stop();
    this.#onUnread();
  }

  /** Writes nothing more, and forgets what waits. */
  stop(): void {
    this.#isOver = true;
    this.#unsent = '';
    this.#budget.note(this, 0);
  }

  #schedule(): void {
    if (!this.#isScheduled) setImmediate(() => this.#flush());
    this.#isScheduled = true;
  }

  #flush(): void {
    this.#isScheduled = false;
    if (this.#isOver || this.#isFull) return;
    const text = this.#unsent;
    this.#unsent = '';
    // At first even if there is nothing: then Lambda sends the head.
    if (text !== '' || !this.#hasBegun) this.#isFull = !this.#stream.write(text);
    this.#hasBegun = true;
    if (this.#isFull) {
      this.#wait(Buffer.byteLength(text));
    } else if (this.#isEnding) {
      this.stop();
      this.#stream.end();
    }
  }

  #wait(bytes: number): void {
    this.#waiting += bytes;
    if (this.#waiting > maxUnsent) this.giveUp();
    else this.#budget.note(this, this.#waiting);
  }

  #goOn(): void {
    this.#isFull = false;
    this.#waiting = 0;
    this.#budget.note(this, 0);
    this.#flush();
    if (this.#isFull) return;
    this.#onDrained?.();
    this.#onDrained = undefined;
  }
}
