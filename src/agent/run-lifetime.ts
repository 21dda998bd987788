import type { TurnOutput } from './turn-context.js';

/** `asked` if all that is left to do is to wait for answers. */
export type RunEnd = 'returned' | 'asked' | 'stopped';

type Pulled = Promise<IteratorResult<TurnOutput, unknown>>;

/** How long a run of a turn goes on: until it returns, waits for nothing but answers, fails or is stopped. */
export class RunLifetime {
  readonly #controller = new AbortController();
  readonly #steps = new Set<Promise<unknown>>();
  /** Rejects each question that the run waits for. */
  readonly #waiting: ((error: unknown) => void)[] = [];
  #failure: { readonly error: unknown } | undefined;
  #finish: ((end: RunEnd) => void) | undefined;

  /** Aborted when the run fails, or ends while something of it goes on. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** From now on, all that the turn calls rejects, and nothing of it is stored. The first failure counts. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#controller.abort(error);
    for (const reject of this.#waiting) reject(error);
  }

  /** Ends the run at once. */
  stop(): void {
    this.fail(new DOMException('The turn was stopped.', 'AbortError'));
    this.#finish?.('stopped');
  }

  /** Tells whatever still runs that the turn has ended by itself. */
  close(): void {
    this.#failure ??= { error: new DOMException('The turn has ended.', 'AbortError') };
    if (this.#waiting.length + this.#steps.size > 0) this.#controller.abort(this.#failure.error);
  }

  /** Waits for the next output, unless the run ends before. What has failed the turn counts, and not what the turn makes of it. */
  orFinish(pulled: Pulled): Promise<IteratorResult<TurnOutput, unknown> | RunEnd> {
    return new Promise((resolve, reject) => {
      this.#finish = resolve;
      pulled.then(resolve, (error: unknown) =>
        reject(this.#failure === undefined ? error : this.#failure.error),
      );
    });
  }

  /** Waits for an answer, which this run does not get. */
  waitForAnswer(): Promise<never> {
    return new Promise((_, reject) => {
      this.#waiting.push(reject);
      this.#finishIfQuiet();
    });
  }

  /** A step has begun. Whoever says so calls `end` once. */
  begin(step: Promise<unknown>): void {
    this.#steps.add(step);
  }

  end(step: Promise<unknown>): void {
    this.#steps.delete(step);
    this.#finishIfQuiet();
  }

  /** Waits for the steps that the turn has begun and not waited for: they belong to it too. */
  async stepsSettled(): Promise<void> {
    await Promise.allSettled(this.#steps);
  }

  /** Ends the run if it waits for an answer and for nothing else. */
  #finishIfQuiet(): void {
    if (this.#waiting.length === 0) return;
    // What has just been settled may lead to more.
    setImmediate(() => {
      if (this.#steps.size === 0 && this.#failure === undefined) this.#finish?.('asked');
    });
  }
}
