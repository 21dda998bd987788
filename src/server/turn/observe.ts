import type { AgentEvent, AgentEventStream } from '../../domain/agent.js';
import type { StopSignal } from './stop-signal.js';

/**
 * Takes the events of a stream until it completes. Rejects if it fails, `take` throws or the turn is stopped: then the
 * stream is unsubscribed from, unless it has ended by itself.
 */
export function observe(
  events: AgentEventStream,
  signal: StopSignal,
  take: (event: AgentEvent) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfStopped();
    const observation = new Observation(take, resolve, reject);
    signal.onStop((reason) => observation.fail(reason));
    observation.start(events);
  });
}

/**
 * One subscription. Nothing that is thrown here gets out: it would reach whoever emitted the event or stopped the turn,
 * and with some streams it would end the process.
 */
class Observation {
  readonly #take: (event: AgentEvent) => void;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  #subscription: { unsubscribe(): void } | undefined;
  /** `ended` by the stream, or `left` by us: from then on events are ignored. */
  #state: 'open' | 'ended' | 'left' = 'open';

  constructor(take: (event: AgentEvent) => void, resolve: () => void, reject: (error: unknown) => void) {
    this.#take = take;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(events: AgentEventStream): void {
    try {
      this.#subscription = events.subscribe({
        next: (event) => this.#next(event),
        error: (error) => {
          this.#state = 'ended';
          this.#reject(error);
        },
        complete: () => {
          this.#state = 'ended';
          this.#resolve();
        },
      });
      // A stream may emit before `subscribe` returns, when there is nothing to unsubscribe from yet.
      if (this.#hasLeft()) this.#subscription.unsubscribe();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    if (this.#state === 'open') {
      this.#state = 'left';
      try {
        this.#subscription?.unsubscribe();
      } catch (unsubscribeError) {
        this.#reject(unsubscribeError);
      }
    }
    this.#reject(error);
  }

  #next(event: AgentEvent): void {
    if (this.#state !== 'open') return;
    try {
      this.#take(event);
    } catch (error) {
      this.fail(error);
    }
  }

  #hasLeft(): boolean {
    return this.#state === 'left';
  }
}

/** Does the work, and waits for it until the turn is stopped. */
export function unlessStopped<Result>(signal: StopSignal, work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal.throwIfStopped();
    signal.onStop(reject);
    Promise.resolve(work()).then(resolve, reject);
  });
}
