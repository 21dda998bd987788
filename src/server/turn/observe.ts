import type { AgentEvent, AgentEventStream } from '../../domain/agent.js';
import type { StopSignal } from './stop-signal.js';

/** What is told of the events of a turn. */
export interface EventObserver {
  /** Called when the stream is there, with what subscribes to it. */
  onStart(subscribe: () => void): void;
  take(event: AgentEvent): void;
}

/**
 * Waits for a stream and takes its events until it completes. Rejects if it cannot start or fails, the observer throws or the turn is
 * stopped: then the stream is unsubscribed from, unless it has ended by itself. One promise for all of it, since each takes a
 * measurable part of a short turn.
 */
export function observe(
  signal: StopSignal,
  start: () => Promise<AgentEventStream>,
  observer: EventObserver,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfStopped();
    const observation = new Observation(observer, resolve, reject);
    signal.onStop((reason) => observation.fail(reason));
    Promise.resolve(start()).then((events) => observation.start(events), reject);
  });
}

/**
 * One subscription. Nothing that is thrown here gets out: it would reach whoever emitted the event or stopped the turn,
 * and with some streams it would end the process.
 */
class Observation {
  readonly #observer: EventObserver;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  #subscription: { unsubscribe(): void } | undefined;
  /** `ended` by the stream, or `left` by us: from then on events are ignored. */
  #state: 'open' | 'ended' | 'left' = 'open';

  constructor(observer: EventObserver, resolve: () => void, reject: (error: unknown) => void) {
    this.#observer = observer;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Does nothing if the turn was stopped before. */
  start(events: AgentEventStream): void {
    if (this.#state !== 'open') return;
    try {
      this.#observer.onStart(() => this.#subscribe(events));
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

  #subscribe(events: AgentEventStream): void {
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
  }

  #next(event: AgentEvent): void {
    if (this.#state !== 'open') return;
    try {
      this.#observer.take(event);
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
