/** Runs the calls for one key one after another, in the order in which they were made. */
export class CallQueue {
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #underWay = new Set<Promise<unknown>>();

  /** Runs a call after all earlier ones for the key have settled, and before any later one starts. */
  run<T>(key: string, call: () => Promise<T>): Promise<T> {
    const result = this.after(key, call);
    const tail = result.then(ignore, ignore);
    this.#tails.set(key, tail);
    void tail.then(() => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    return result;
  }

  /** Runs a call after all earlier ones for the key have settled, and holds up no later one. */
  after<T>(key: string, call: () => Promise<T>): Promise<T> {
    const earlier = this.#tails.get(key);
    const result = earlier === undefined ? call() : earlier.then(call);
    const settled = result.then(ignore, ignore);
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
    return result;
  }

  /** Resolves when every call made so far has settled. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }
}

// A caller hears of its own failure; the calls behind it only wait for it to be over.
function ignore(): void {}
