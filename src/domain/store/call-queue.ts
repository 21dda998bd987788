/** Runs the calls for one key one after another, in the order in which they were made. */
export class CallQueue {
  readonly #tails = new Map<string, Promise<void>>();
  readonly #underWay = new Set<Promise<void>>();

  /** Runs a call after all earlier ones for the key have settled, and before any later one starts. */
  run<T>(key: string, call: () => Promise<T>): Promise<T> {
    const result = this.#start(key, call);
    this.#tails.set(key, this.#track(key, result));
    return result;
  }

  /** Runs a call after all earlier ones for the key have settled, and holds up no later one. */
  after<T>(key: string, call: () => Promise<T>): Promise<T> {
    const result = this.#start(key, call);
    this.#track(key, result);
    return result;
  }

  /** Resolves when every call made so far has settled. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #start<T>(key: string, call: () => Promise<T>): Promise<T> {
    const earlier = this.#tails.get(key);
    return earlier === undefined ? call() : earlier.then(call);
  }

  /** Resolves when the call has settled: its caller hears of a failure, and those behind it only wait for it to be over. */
  #track(key: string, result: Promise<unknown>): Promise<void> {
    const forget = () => {
      this.#underWay.delete(settled);
      if (this.#tails.get(key) === settled) this.#tails.delete(key);
    };
    const settled: Promise<void> = result.then(forget, forget);
    this.#underWay.add(settled);
    return settled;
  }
}

/**
 * Keeps a promise that rejects from ending the process before anybody waits for it. The function that is returned waits for
 * it, and throws what it rejected with.
 */
export function holdFailure<T>(pending: T | Promise<T>): () => T | Promise<T> {
  if (!(pending instanceof Promise)) return () => pending;
  const settled = Promise.allSettled([pending]);
  return async () => {
    await settled;
    return pending;
  };
}
