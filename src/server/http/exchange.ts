import type { HeaderFields } from './header-fields.js';
import type { WaitingBudget } from './waiting-budget.js';

/**
 * A request and its answer, however they travel. It is answered once: whole with `answer`, or bit by bit with `open`.
 */
export interface Exchange {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: HeaderFields['values'];
  readonly ambiguous: HeaderFields['ambiguous'];
  /** The parameters of the query, read when they are asked for, by their names in lower case. */
  readonly query: HeaderFields;
  /** In how many seconds a turn must be over, if the platform ends what takes too long. */
  readonly secondsLeft?: number;
  /** Reads the whole body. @throws HttpError `BODY_TOO_LARGE` as soon as it is, `BAD_REQUEST` if it is cut off. */
  readBody(maxBytes: number): Promise<Uint8Array>;
  /** Calls back when the connection has closed, even if it has already, and also after the answer has ended. */
  onGone(listener: () => void): void;
  /** Answers at once, without a text with no body. After `open` it is too late to say anything, and the answer is cut off. */
  answer(status: number, headers: Readonly<Record<string, string>>, text?: string): void;
  /** Begins to answer 200. `onUnread` is called if the caller does not read what is written, and is given up. */
  open(
    headers: Readonly<Record<string, string>>,
    budget: WaitingBudget,
    onUnread: () => void,
  ): ResponseWriter;
}

export const jsonHeaders = { 'content-type': 'application/json' };

/** A response that is written bit by bit. */
export interface ResponseWriter {
  /** When something was written last, as `performance.now()` has it; 0 before. */
  readonly writtenAt: number;
  /** @param isAscii - True if the text is known to be ASCII, so that it need not be looked through. */
  write(text: string, isAscii?: boolean): void;
  end(): void;
  /** Calls back once when little of what was written still waits, which may be at once. It may not if nobody reads any more. */
  onDrained(listener: () => void): void;
}

/** So many characters may wait for a caller until whoever can wait too writes more. */
export const maxAhead = 64 * 1024;

/**
 * How many characters may wait for a caller that reads more slowly than its agent writes. An agent cannot be slowed
 * down: beyond this, a caller that does not read counts as gone.
 */
export const maxUnsent = 64 * 1024 * 1024;
