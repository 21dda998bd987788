import type { AnswerHead, AnswerStream } from './platform.js';

/** What Lambda takes of an answer that it buffers, with room for the head. */
const maxBytes = 6 * 1024 * 1024 - 64 * 1024;

/** An answer for API Gateway, a function URL or whoever has called `Invoke`. */
export interface BufferedResult extends AnswerHead {
  readonly body: string;
  readonly isBase64Encoded: false;
}

/** Keeps an answer until it is whole. One that is too large for Lambda becomes one that says so. */
export class BufferedAnswer implements AnswerStream {
  #head: AnswerHead = { statusCode: 500, headers: {} };
  #body = '';
  #bytes = 0;
  #onFinish: (() => void)[] = [];

  begin(head: AnswerHead): this {
    this.#head = head;
    return this;
  }

  get result(): BufferedResult {
    const isBase64Encoded = false;
    if (this.#bytes <= maxBytes) return { ...this.#head, body: this.#body, isBase64Encoded };
    const code = 'ANSWER_TOO_LARGE';
    const message =
      'The answer is larger than the 6 MB that Lambda can buffer. Call the function so that it can stream.';
    const headers = { ...this.#head.headers, 'content-type': 'application/json' };
    return { statusCode: 500, headers, body: JSON.stringify({ error: { code, message } }), isBase64Encoded };
  }

  write(text: string): boolean {
    // As JSON, in which Lambda gets it: quotation marks and ends of lines take two bytes.
    this.#bytes += Buffer.byteLength(JSON.stringify(text)) - 2;
    this.#body = this.#bytes > maxBytes ? '' : this.#body + text;
    return true;
  }

  end(): void {
    for (const listener of this.#onFinish.splice(0)) listener();
  }

  on(event: 'drain' | 'finish' | 'close' | 'error', listener: () => void): void {
    if (event === 'finish') this.#onFinish.push(listener);
  }
}
