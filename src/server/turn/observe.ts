import type { AgentEvent, AgentEventStream } from '../../domain/agent.js';
import type { StopSignal } from './stop-signal.js';

/**
 * Takes the events of a stream until it completes (`true`), or until `take` answers `false` (`false`). Rejects if the
 * stream fails, `take` throws or the turn is stopped. A stream that has not ended by itself is unsubscribed from.
 */
export function observe(
  events: AgentEventStream,
  signal: StopSignal,
  take: (event: AgentEvent) => boolean,
): Promise<boolean> {
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
  readonly #take: (event: AgentEvent) => boolean;
  readonly #resolve: (isComplete: boolean) => void;
  readonly #reject: (error: unknown) => void;
  #subscription: { unsubscribe(): void } | undefined;
  /** `ended` by the stream, or `left` by us: from then on events are ignored. */
  #state: 'open' | 'ended' | 'left' = 'open';

  constructor(
    take: (event: AgentEvent) => boolean,
    resolve: (isComplete: boolean) => void,
    reject: (error: unknown) => void,
  ) {
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
          this.#resolve(true);
        },
      });
      // A stream may emit before `subscribe` returns, when there is nothing to unsubscribe from yet.
      if (this.#hasLeft()) this.#subscription.unsubscribe();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.#leave();
    this.#reject(error);
  }

  #next(event: AgentEvent): void {
    if (this.#state !== 'open') return;
    try {
      if (this.#take(event)) return;
      this.#leave();
      this.#resolve(false);
    } catch (error) {
      this.fail(error);
    }
  }

  #leave(): void {
    if (this.#state !== 'open') return;
    this.#state = 'left';
    try {
      this.#subscription?.unsubscribe();
    } catch (error) {
      this.#reject(error);
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
