import type { ServerResponse } from 'node:http';
import { awaitTickEnd, leaveTickEnd, type TickListener, type TickPlace } from '../process/tick-end.js';
import { maxAhead, maxUnsent, type ResponseWriter } from './exchange.js';
import type { SlowReader, WaitingBudget } from './waiting-budget.js';

const notAscii = /[^ -~]/;
/** How much is written at once of what has waited: to encode all of it would hold up everybody else. */
const maxPiece = 1024 * 1024;

/** Joins the events of one tick into one write. While the socket is full, events wait in a list. */
export class NodeWriter implements ResponseWriter, SlowReader, TickListener {
  readonly #response: ServerResponse;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #budget: WaitingBudget;
  readonly #onUnread: () => void;
  /** Read from the clock once for all events of one tick. */
  writtenAt = 0;
  #unsent = '';
  /** What is unsent is the same in latin1 and UTF-8 then, and takes half as long in latin1. */
  #isAscii = true;
  /** Where it waits to write what is unsent. */
  #due: TickPlace | undefined;
  #isFull = false;
  #isWatched = false;
  #isOver = false;
  #list: string[] = [];
  #listed = 0;
  #inSocket = 0;
  #onDrained: (() => void) | undefined;

  constructor(
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    budget: WaitingBudget,
    onUnread: () => void,
  ) {
    this.#response = response;
    this.#headers = headers;
    this.#budget = budget;
    this.#onUnread = onUnread;
    this.#schedule();
  }

  write(text: string, isAscii = false): void {
    if (this.#isFull) {
      this.#wait(text);
      return;
    }
    this.#unsent += text;
    this.#isAscii &&= isAscii;
    if (this.#unsent.length <= maxUnsent) this.#schedule();
    else this.#flush();
  }

  end(): void {
    this.#isOver = true;
    // With hundreds of sessions, all of their turns would be kept at once.
    leaveTickEnd(this.#due);
    if (this.#isFull || this.#response.writableEnded) return;
    const encoding = this.#isAscii ? 'latin1' : 'utf8';
    const bytes = Buffer.byteLength(this.#unsent, encoding);
    // A turn that is over in its first tick is one write, head and all.
    if (!this.#response.headersSent) this.#writeHead(encoding, bytes);
    this.#response.end(this.#unsent, encoding);
    this.#unsent = '';
  }

  onDrained(listener: () => void): void {
    if (this.#unsent.length >= maxAhead) this.#flush();
    if (this.#isFull) this.#onDrained = listener;
    else listener();
  }

  giveUp(): void {
    this.#list = [];
    this.#budget.note(this, 0);
    this.#response.destroy();
    this.#onUnread();
  }

  onTickEnd(): void {
    this.#flush();
  }

  #flush(): void {
    leaveTickEnd(this.#due);
    this.#due = undefined;
    this.writtenAt = performance.now();
    const response = this.#response;
    if (response.writableEnded || this.#isFull) return;
    const text = this.#unsent;
    this.#unsent = '';
    // Without a text, Node encodes the head as UTF-8.
    const encoding = this.#isAscii && text !== '' ? 'latin1' : 'utf8';
    if (!response.headersSent) this.#writeHead(encoding);
    this.#isAscii = true;
    if (text === '') response.flushHeaders();
    else if (!response.write(text, encoding)) this.#becomeFull();
  }

  /** @param encoding - Of the text that follows. */
  #writeHead(encoding: 'latin1' | 'utf8', bytes?: number): void {
    // As a list, which Node takes as it is.
    const head: (string | number)[] = bytes === undefined ? [] : ['content-length', bytes];
    for (const name in this.#headers) head.push(name, this.#headers[name] ?? '');
    this.#response.writeHead(200, head);
    // Node encodes the head like the text it is sent with, and UTF-8 would change a session id that is not ASCII.
    if (encoding === 'utf8' && Object.values(this.#headers).some((value) => notAscii.test(value)))
      this.#response.write('', 'latin1');
  }

  #schedule(): void {
    this.#due ??= awaitTickEnd(this);
  }

  #becomeFull(): void {
    this.#isFull = true;
    // A reader that has left waits for nothing, and never drains.
    if (this.#response.destroyed) return;
    if (!this.#isWatched) this.#response.once('close', () => this.#budget.note(this, 0));
    this.#isWatched = true;
    this.#inSocket = this.#response.writableLength;
    this.#response.once('drain', () => this.#goOn());
    this.#budget.note(this, this.#inSocket + this.#listed);
  }

  #wait(text: string): void {
    if (this.#response.destroyed) return;
    this.writtenAt = performance.now();
    this.#list.push(text);
    this.#listed += Buffer.byteLength(text);
    if (this.#listed > maxUnsent) this.giveUp();
    else this.#budget.note(this, this.#inSocket + this.#listed);
  }

  /** Writes what has waited, until the socket is full again. */
  #goOn(): void {
    this.#isFull = false;
    while (this.#list.length > 0) {
      const piece = this.#takePiece();
      this.#listed -= Buffer.byteLength(piece);
      if (this.#response.write(piece)) continue;
      this.#becomeFull();
      return;
    }
    this.#budget.note(this, 0);
    if (this.#isOver) this.end();
    this.#onDrained?.();
    this.#onDrained = undefined;
  }

  #takePiece(): string {
    let size = 0;
    const end = this.#list.findIndex((text) => {
      size += text.length;
      return size >= maxPiece;
    });
    return this.#list.splice(0, end === -1 ? this.#list.length : end + 1).join('');
  }
}
