import { HttpError } from '../failures/http-error.js';

/** Runs the warm-up of a server once, whoever asks for it. */
export class WarmUp {
  readonly #work: () => unknown;
  #running: Promise<void> | undefined;
  #state: 'not asked for' | 'running' | 'done' | 'failed' = 'not asked for';

  constructor(work: () => unknown) {
    this.#work = work;
  }

  /** False from when it is asked for until it has ended well. */
  get isReady(): boolean {
    return this.#state === 'not asked for' || this.#state === 'done';
  }

  /** Runs it, or waits for the end of what runs already. @throws HttpError `WARMUP_FAILED` if it has failed. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    this.#state = 'running';
    try {
      await this.#work();
      this.#state = 'done';
    } catch (cause) {
      this.#state = 'failed';
      throw new HttpError('WARMUP_FAILED', 'The warm-up failed. The log says why.', { cause });
    }
  }
}
