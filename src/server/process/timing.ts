import { runOutsideScope } from '../request-context.js';

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

/**
 * Does work later that belongs to no request, at most after {@link maxTimerMs}. The timer alone does not keep the process alive.
 */
export function setIdleTimer(work: () => void, delayMs: number): ReturnType<typeof setTimeout> {
  const timer = runOutsideScope(() => setTimeout(work, Math.min(Math.max(delayMs, 1), maxTimerMs)));
  // Not every platform returns an object.
  if (typeof timer === 'object') timer.unref();
  return timer;
}
