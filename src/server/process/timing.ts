/** The longest delay a timer takes. */
export const maxTimerMs = 2 ** 31 - 1;

/** Waits for a promise, but not longer than that. `true` if it is fulfilled in time. Rejects if it rejects. */
export async function within(seconds: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.min(seconds * 1_000, maxTimerMs));
  });
  const settled = promise.then(() => true);
  try {
    return await Promise.race([settled, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
