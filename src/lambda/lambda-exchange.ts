import { badRequest, bodyTooLarge } from '../server/failures/http-error.js';
import type { Exchange, ResponseWriter } from '../server/http/exchange.js';
import type { HeaderFields } from '../server/http/header-fields.js';
import type { WaitingBudget } from '../server/http/waiting-budget.js';
import { AnswerWriter } from './answer-writer.js';
import type { AnswerHead, AnswerStream } from './platform.js';
import type { LambdaRequest } from './read-event.js';

export interface LambdaExchangeOptions {
  /** The call, which the log then names as Lambda does. */
  readonly requestId: string | undefined;
  /** In how many seconds a turn is stopped. */
  readonly secondsLeft: number;
  /** Begins the answer. */
  readonly begin: (head: AnswerHead) => AnswerStream;
}

/** A call of the function and its answer. */
export class LambdaExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderFields['values'];
  readonly ambiguous: string | undefined;
  readonly query: HeaderFields;
  readonly #request: LambdaRequest;
  readonly #deadline: number;
  readonly #begin: LambdaExchangeOptions['begin'];
  readonly #onGone: (() => void)[] = [];
  readonly #finish: () => void;
  /** Resolves when the answer has been taken, or nobody takes it any more. */
  readonly finished: Promise<void>;
  #writer: AnswerWriter | undefined;
  #hasBegun = false;
  #isFinished = false;
  #isGone = false;
  #isCutOff = false;

  constructor(request: LambdaRequest, { requestId, secondsLeft, begin }: LambdaExchangeOptions) {
    const { method, path, fields, query } = request;
    this.method = method;
    this.path = path;
    const id = requestId !== undefined && { 'x-amzn-requestid': requestId };
    this.headers = { ...id, ...fields.values };
    this.ambiguous = fields.ambiguous;
    this.query = query;
    this.#request = request;
    this.#deadline = performance.now() + secondsLeft * 1_000;
    this.#begin = begin;
    let finish = () => {};
    this.finished = new Promise((resolve) => {
      finish = resolve;
    });
    this.#finish = finish;
  }

  get secondsLeft(): number {
    return Math.max((this.#deadline - performance.now()) / 1_000, 0);
  }

  async readBody(maxBytes: number): Promise<Uint8Array> {
    let body: Uint8Array;
    try {
      body = this.#request.readBody();
    } catch {
      // What Lambda has parsed can nest so deep that it cannot be written again.
      throw badRequest('The body nests too deep.');
    }
    if (body.length > maxBytes) throw bodyTooLarge(maxBytes);
    return body;
  }

  onGone(listener: () => void): void {
    if (this.#isGone) listener();
    else this.#onGone.push(listener);
  }

  answer(status: number, headers: Readonly<Record<string, string>>, text = ''): void {
    if (this.#hasBegun) {
      // Too late to say anything.
      this.#cutOff();
      return;
    }
    const stream = this.#open(status, headers);
    // At least nothing must be written, or Lambda never sends the head.
    stream.write(this.method === 'HEAD' ? '' : text);
    stream.end();
  }

  open(
    headers: Readonly<Record<string, string>>,
    budget: WaitingBudget,
    onUnread: () => void,
  ): ResponseWriter {
    this.#writer = new AnswerWriter(this.#open(200, headers), budget, () => {
      this.#cutOff();
      onUnread();
    });
    return this.#writer;
  }

  /** Parts from the caller, since there is no time left. `answer` is called if nothing has been said yet. */
  leave(answer: () => void): void {
    this.#tellGone();
    if (this.#hasBegun) this.#cutOff();
    else answer();
  }

  /** Throws if the answer is not whole, so that Lambda tells the caller and counts an error. */
  throwIfCutOff(): void {
    if (this.#isCutOff) throw new Error('The answer could not be sent to its end.');
  }

  #cutOff(): void {
    if (this.#isFinished) return;
    this.#isCutOff = true;
    this.#writer?.stop();
    this.#finish();
  }

  #open(statusCode: number, headers: Readonly<Record<string, string>>): AnswerStream {
    this.#hasBegun = true;
    const stream = this.#begin({ statusCode, headers });
    stream.on('finish', () => {
      this.#isFinished = true;
      this.#finish();
    });
    for (const event of ['error', 'close'] as const) {
      stream.on(event, () => {
        this.#tellGone();
        this.#finish();
      });
    }
    return stream;
  }

  #tellGone(): void {
    this.#isGone = true;
    for (const listener of this.#onGone.splice(0)) listener();
  }
}
