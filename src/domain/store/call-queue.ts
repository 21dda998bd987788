/** Runs the calls for one key one after another, in the order in which they were made. */
export class CallQueue {
  readonly #tails = new Map<string, Promise<void>>();
  #underWay = 0;
  /** Told when no call is under way. */
  #waiting: (() => void)[] = [];

  /** Runs a call after all earlier ones for the key have settled, and before any later one starts. */
  run<T>(key: string, call: () => Promise<T>): Promise<T> {
    const result = this.#start(key, call);
    const forget = () => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
      this.#end();
    };
    // It settles with the call: its caller hears of a failure, and those behind it only wait for it to be over.
    const tail = result.then(forget, forget);
    this.#tails.set(key, tail);
    return result;
  }

  /** Runs a call after all earlier ones for the key have settled, and holds up no later one. */
  after<T>(key: string, call: () => Promise<T>): Promise<T> {
    const result = this.#start(key, call);
    const end = () => this.#end();
    result.then(end, end);
    return result;
  }

  /** Resolves when no call is under way. */
  async settled(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #start<T>(key: string, call: () => Promise<T>): Promise<T> {
    this.#underWay++;
    const earlier = this.#tails.get(key);
    return earlier === undefined ? call() : earlier.then(call);
  }

  #end(): void {
    this.#underWay--;
    if (this.#underWay > 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
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
