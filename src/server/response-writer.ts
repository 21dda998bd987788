/** A response that is written bit by bit. */
export interface ResponseWriter {
  /** Sends the head. What the route returns. */
  open(headers: Record<string, string>): Response;
  write(text: string): void;
  end(): void;
}

/**
 * Makes the writer for a request from what the platform passes along with it. `onGone` is called where the caller has
 * left, or does not read.
 */
export type CreateWriter = (environment: unknown, onGone: () => void) => ResponseWriter;

/**
 * How many characters may wait for a reader that is slower than the agent. An agent cannot be slowed down, so beyond
 * this a reader that has not asked for more counts as gone.
 */
export const maxUnsent = 64 * 1024 * 1024;

/** Writes to a Web standard stream, which takes what has come together each time the reader asks for more. */
export const createWebWriter: CreateWriter = (_environment, onGone) => {
  const encoder = new TextEncoder();
  let unsent = '';
  let hasEnded = false;
  let wakeReader: (() => void) | undefined;
  const wake = () => {
    wakeReader?.();
    wakeReader = undefined;
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (unsent === '' && !hasEnded) {
          await new Promise<void>((resolve) => {
            wakeReader = resolve;
          });
        }
        if (unsent !== '') controller.enqueue(encoder.encode(unsent));
        unsent = '';
        if (hasEnded) controller.close();
      },
      cancel: onGone,
    },
    { highWaterMark: 0 },
  );
  return {
    open: (headers) => new Response(body, { headers }),
    write(text) {
      unsent += text;
      if (wakeReader === undefined && unsent.length > maxUnsent) onGone();
      if (unsent !== '') wake();
    },
    end() {
      hasEnded = true;
      wake();
    },
  };
};
