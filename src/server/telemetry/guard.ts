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

  /** Begins the work once, inside of what `run` makes of it, if that can be had. The work must not throw, only reject. */
  run<Result>(run: (work: () => void) => void, work: () => Promise<Result>): Promise<Result> {
    let begun: Promise<Result> | undefined;
    const begin = () => {
      begun ??= work();
    };
    this.attempt(() => run(begin));
    begun ??= work();
    return begun;
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
