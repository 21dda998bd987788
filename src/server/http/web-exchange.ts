import { bodyCutOff, bodyTooLarge, HttpError } from '../failures/http-error.js';
import { BodyCollector } from './body-collector.js';
import { type Exchange, maxAhead, maxUnsent, type ResponseWriter } from './exchange.js';
import { type HeaderFields, readWebHeaders } from './header-fields.js';
import { readQuery } from './query.js';
import { readPath } from './request-path.js';
import type { SlowReader, WaitingBudget } from './waiting-budget.js';

/** Handles a Web standard request. Resolves when the response begins. */
export function answerWebRequest(
  request: Request,
  handle: (exchange: Exchange) => Promise<void>,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    handle(new WebExchange(request, resolve)).catch(reject);
  });
}

class WebExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ambiguous: string | undefined;
  readonly #request: Request;
  readonly #respond: (response: Response) => void;
  #writer: WebWriter | undefined;

  constructor(request: Request, respond: (response: Response) => void) {
    this.method = request.method;
    this.path = readPath(request.url);
    const { values, ambiguous } = readWebHeaders(request.headers);
    this.headers = values;
    this.ambiguous = ambiguous;
    this.#request = request;
    this.#respond = respond;
  }

  async readBody(maxBytes: number): Promise<Uint8Array> {
    const collector = new BodyCollector(maxBytes);
    try {
      if (Number(this.headers['content-length']) > maxBytes) throw bodyTooLarge(maxBytes);
      for await (const chunk of this.#request.body ?? []) collector.add(chunk);
    } catch (error) {
      throw error instanceof HttpError ? error : bodyCutOff(error);
    }
    return collector.whole();
  }

  get query(): HeaderFields {
    return readQuery(this.#request.url);
  }

  onGone(listener: () => void): void {
    const { signal } = this.#request;
    if (signal.aborted) listener();
    else signal.addEventListener('abort', listener);
  }

  answer(status: number, headers: Readonly<Record<string, string>>, text?: string): void {
    this.#writer?.cutOff();
    this.#respond(new Response(text, { status, headers }));
  }

  open(
    headers: Readonly<Record<string, string>>,
    budget: WaitingBudget,
    onUnread: () => void,
  ): ResponseWriter {
    this.#writer = new WebWriter(budget, onUnread);
    this.#respond(new Response(this.#writer.body, { headers }));
    return this.#writer;
  }
}

/** A stream that hands over everything written so far each time its reader asks for more. */
class WebWriter implements ResponseWriter, SlowReader {
  readonly body: ReadableStream<Uint8Array>;
  readonly #budget: WaitingBudget;
  readonly #onGone: () => void;
  writtenAt = 0;
  #unsent = '';
  #waiting = 0;
  /** True from when the reader asks for more until it gets it: what is written then does not wait. */
  #isAsked = false;
  #hasEnded = false;
  #isCutOff = false;
  #wakeReader: (() => void) | undefined;
  #onDrained: (() => void) | undefined;

  constructor(budget: WaitingBudget, onGone: () => void) {
    this.#budget = budget;
    this.#onGone = onGone;
    const encoder = new TextEncoder();
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      this.#isAsked = true;
      if (this.#unsent === '' && !this.#hasEnded && !this.#isCutOff) {
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
      }
      if (this.#isCutOff) throw new Error('The answer could not be sent to its end.');
      if (this.#unsent !== '') controller.enqueue(encoder.encode(this.#unsent));
      this.#release();
      this.#isAsked = false;
      if (this.#hasEnded) controller.close();
    };
    this.body = new ReadableStream({ pull, cancel: () => this.giveUp() }, { highWaterMark: 0 });
  }

  write(text: string): void {
    if (this.#isCutOff) return;
    this.writtenAt = performance.now();
    this.#unsent += text;
    if (!this.#isAsked) {
      this.#waiting += Buffer.byteLength(text);
      if (this.#waiting > maxUnsent) this.giveUp();
      else this.#budget.note(this, this.#waiting);
    }
    if (this.#unsent !== '') this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  onDrained(listener: () => void): void {
    if (this.#unsent.length >= maxAhead) this.#onDrained = listener;
    else listener();
  }

  giveUp(): void {
    this.#release();
    this.cutOff();
    this.#onGone();
  }

  cutOff(): void {
    this.#isCutOff = true;
    this.#wake();
  }

  /** What has waited is on its way, or will never be. */
  #release(): void {
    this.#unsent = '';
    if (this.#waiting > 0) this.#budget.note(this, 0);
    this.#waiting = 0;
    this.#onDrained?.();
    this.#onDrained = undefined;
  }

  #wake(): void {
    this.#wakeReader?.();
    this.#wakeReader = undefined;
  }
}
