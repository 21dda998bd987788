/**
 * A request and its answer, whatever they travel by. It is answered once: at once with `answer`, or bit by bit with `open`.
 */
export interface Exchange {
  readonly method: string;
  /** Without the query, which is nobody's business here. */
  readonly path: string;
  /** By their names in lower case; those sent more than once are joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** Reads the whole body. @throws HttpError `BODY_TOO_LARGE` as soon as it is, and `BAD_REQUEST` where it is cut off. */
  readBody(maxBytes: number): Promise<Uint8Array>;
  /** Tells where the caller has left, or leaves; whether the answer has ended by then is for the listener to know. */
  onGone(listener: () => void): void;
  /** Where it has been opened, nobody can be told any more, and the answer is cut off. */
  answer(status: number, contentType: string, text: string): void;
  /** Answers 200. `onUnread` is called where the caller does not read what is written. */
  open(headers: Readonly<Record<string, string>>, onUnread: () => void): ResponseWriter;
}

/** A response that is written bit by bit. */
export interface ResponseWriter {
  write(text: string): void;
  end(): void;
}

/**
 * How many characters may wait for a reader that is slower than the agent. An agent cannot be slowed down, so beyond
 * this a reader that has not asked for more counts as gone.
 */
export const maxUnsent = 64 * 1024 * 1024;
