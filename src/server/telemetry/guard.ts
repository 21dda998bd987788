import { Redactor } from '../failures/redactor.js';
import type { Logger } from '../logger.js';

/** Keeps what telemetry throws from everybody else. The first failure is logged. */
export class Guard {
  readonly #logger: Logger;
  #hasFailed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  attempt<Result>(work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      this.#note(error);
      return undefined;
    }
  }

  /** Does the work once, inside of what `run` makes of it, if that can be had. */
  run<Result>(run: (work: () => void) => void, work: () => Result): Result {
    let done: Settled<Result> | undefined;
    this.attempt(() =>
      run(() => {
        done ??= settle(work);
      }),
    );
    done ??= settle(work);
    if ('error' in done) throw done.error;
    return done.result;
  }

  log(message: string, error: unknown): void {
    const redactor = new Redactor();
    // Nobody knows what a library quotes of a request.
    redactor.hide({ texts: 'too large' });
    this.#logger.warn({ error: redactor.describe(error) }, message);
  }

  #note(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.log('The telemetry has failed. It may lack something; the server goes on.', error);
  }
}

type Settled<Result> = { readonly result: Result } | { readonly error: unknown };

function settle<Result>(work: () => Result): Settled<Result> {
  try {
    return { result: work() };
  } catch (error) {
    return { error };
  }
}
