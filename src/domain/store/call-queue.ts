/** The calls for one key. */
interface Lane {
  /** Settles when all of them are over; `undefined` if none is under way. */
  tail: Promise<void> | undefined;
  underWay: number;
}

/** Lanes that are kept though none of their calls is under way: making and removing one takes as long as a call in memory. */
const maxIdleLanes = 256;

/** Runs the calls for one key one after another, in the order in which they were made. */
export class CallQueue {
  readonly #lanes = new Map<string, Lane>();
  #underWay = 0;
  /** Told when no call is under way. */
  #waiting: (() => void)[] = [];

  /** Runs a call after all earlier ones for the key have settled, and before any later one starts. */
  run<T>(key: string, call: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(key) ?? this.#open(key);
    const result = this.#start(lane, call);
    lane.underWay++;
    const leave = () => {
      this.#leave(key, lane);
      this.#end();
    };
    // It settles with the call: its caller hears of a failure, and those behind it only wait for it to be over.
    lane.tail = result.then(leave, leave);
    return result;
  }

  /** Runs a call after all earlier ones for the key have settled, and holds up no later one. */
  after<T>(key: string, call: () => Promise<T>): Promise<T> {
    const result = this.#start(this.#lanes.get(key), call);
    const end = () => this.#end();
    result.then(end, end);
    return result;
  }

  /** Resolves when no call is under way. */
  async settled(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #open(key: string): Lane {
    const lane = { tail: undefined, underWay: 0 };
    this.#lanes.set(key, lane);
    return lane;
  }

  #leave(key: string, lane: Lane): void {
    lane.underWay--;
    if (lane.underWay > 0) return;
    lane.tail = undefined;
    if (this.#lanes.size > maxIdleLanes) this.#lanes.delete(key);
  }

  #start<T>(lane: Lane | undefined, call: () => Promise<T>): Promise<T> {
    this.#underWay++;
    return lane?.tail === undefined ? call() : lane.tail.then(call);
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
