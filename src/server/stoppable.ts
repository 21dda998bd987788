import type { AgentEvent, AgentEventStream } from '../domain/agent.js';
import type { StopSignal } from './stop-signal.js';

/**
 * Takes events until the stream completes, which resolves to `true`, or `next` answers `false`, which resolves to
 * `false`. Whatever the stream does, the promise settles once, and a stream that has not ended is unsubscribed from.
 */
export function observe(
  events: AgentEventStream,
  signal: StopSignal,
  next: (event: AgentEvent) => boolean,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    signal.throwIfStopped();
    let subscription: { unsubscribe(): void } | undefined;
    let isOver = false;
    let isStopped = false;
    const end = () => {
      isOver = true;
    };
    const stop = (settle: () => void) => {
      if (isOver) return;
      end();
      isStopped = true;
      guard(() => subscription?.unsubscribe());
      settle();
    };
    // What throws here would otherwise reach whoever emitted the event or aborted the turn: with some streams, the process.
    const guard = (work: () => void) => {
      try {
        work();
      } catch (error) {
        stop(() => reject(error));
        reject(error);
      }
    };
    signal.onStop((reason) => stop(() => reject(reason)));
    guard(() => {
      subscription = events.subscribe({
        next: (event) => guard(() => isOver || next(event) || stop(() => resolve(false))),
        error: (error) => {
          end();
          reject(error);
        },
        complete: () => {
          end();
          resolve(true);
        },
      });
      // Stopped before there was anything to unsubscribe from.
      if (isStopped) subscription.unsubscribe();
    });
  });
}

/** Does the work, but waits for it only until the turn is stopped. */
export function unlessStopped<Result>(signal: StopSignal, work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal.throwIfStopped();
    signal.onStop(reject);
    Promise.resolve(work()).then(resolve, reject);
  });
}
