type Fault = <T>(call: () => Promise<T>) => Promise<T>;

/**
 * Makes the next request of a backend go wrong, the way networks and servers do.
 *
 * @example
 * const faults = new Faults();
 * const found = await faults.run(() => store.load(contextId));
 */
export class Faults {
  readonly #next: Fault[] = [];

  /** Sends a request through the fault that was ordered for it, if any. */
  run<T>(call: () => Promise<T>): Promise<T> {
    const fault = this.#next.shift();
    return fault === undefined ? call() : fault(call);
  }

  /** How many faults were ordered that have not happened yet. */
  get ordered(): number {
    return this.#next.length;
  }

  /** Takes back the faults that were ordered and have not happened. */
  clear(): void {
    this.#next.length = 0;
  }

  /** The next request fails before it takes effect. */
  failNext(error: Error = new Error('The request failed.')): void {
    this.#next.push(() => Promise.reject(error));
  }

  /** The next request takes effect, and its answer is lost, whatever it was. */
  loseNextAnswer(error: Error = new Error('The answer was lost.')): void {
    this.#next.push(async (call) => {
      await Promise.allSettled([call()]);
      throw error;
    });
  }

  /** The next request fails, and takes effect later: when the function that is returned is called. */
  delayPastFailure(error: Error = new Error('The request timed out.')): () => Promise<void> {
    const underWay: (() => Promise<unknown>)[] = [];
    this.#next.push((call) => {
      underWay.push(call);
      return Promise.reject(error);
    });
    return async () => {
      await Promise.allSettled(underWay.map((call) => call()));
    };
  }

  /**
   * The next request takes effect, its answer is lost, and the client sends it again.
   *
   * @param between - What others do before it is sent again.
   */
  repeatNext(between: () => Promise<unknown> = async () => undefined): void {
    this.#next.push(async (call) => {
      await Promise.allSettled([call()]);
      await between();
      return call();
    });
  }

  /** The next request goes as it should: a fault that is ordered after this call hits a later one. */
  passNext(): void {
    this.#next.push((call) => call());
  }

  /** The next request does not take effect before the function that is returned is called. */
  delayNext(): () => void {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#next.push(async (call) => {
      await released;
      return call();
    });
    return () => release();
  }
}
