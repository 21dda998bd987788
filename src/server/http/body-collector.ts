import { bodyTooLarge } from '../failures/http-error.js';

/** So many chunks are joined into one: each takes some 200 bytes of its own, and a caller may send single bytes. */
const maxLoose = 1_000;

/** Puts the body of a request together from the chunks that it comes in. */
export class BodyCollector {
  readonly #maxBytes: number;
  readonly #joined: Uint8Array[] = [];
  #loose: Uint8Array[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws HttpError `BODY_TOO_LARGE` as soon as it is. What has come so far is then forgotten. */
  add(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) {
      this.#joined.length = 0;
      this.#loose = [];
      throw bodyTooLarge(this.#maxBytes);
    }
    this.#loose.push(chunk);
    if (this.#loose.length < maxLoose) return;
    this.#joined.push(Buffer.concat(this.#loose));
    this.#loose = [];
  }

  whole(): Uint8Array {
    const [first] = this.#loose;
    if (first?.length === this.#size) return first;
    return Buffer.concat([...this.#joined, ...this.#loose], this.#size);
  }
}
