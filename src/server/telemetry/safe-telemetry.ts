import type { ServerNumbers, Telemetry, TelemetryRequest } from '../../domain/telemetry.js';
import type { Logger } from '../logger.js';
import { within } from '../process/timing.js';
import { Guard } from './guard.js';
import { ObservedRequest } from './observed-request.js';

/** How long what is held back may take to be sent. */
const flushSeconds = 3;

/** The telemetry of a server. Its failures concern nobody else. */
export class SafeTelemetry {
  readonly #telemetry: Telemetry;
  readonly #logger: Logger;
  readonly #guard: Guard;

  constructor(telemetry: Telemetry, logger: Logger) {
    this.#telemetry = telemetry;
    this.#logger = logger;
    this.#guard = new Guard(logger);
  }

  request(request: TelemetryRequest): ObservedRequest | undefined {
    const heard = this.#guard.attempt(() => this.#telemetry.request(request));
    return heard === undefined ? undefined : new ObservedRequest(this.#guard, heard);
  }

  watch(numbers: ServerNumbers): () => void {
    const end = this.#guard.attempt(() => this.#telemetry.watch(numbers));
    return () => this.#guard.attempt(() => end?.());
  }

  /** Runs work that a request has caused and that belongs to none. */
  runAlone<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#guard.run((inside) => this.#telemetry.runAlone(inside), work);
  }

  /** Sends what is held back, but does not wait for it for ever. */
  async flush(): Promise<void> {
    try {
      if (await within(flushSeconds, this.#telemetry.flush())) return;
      this.#logger.warn({}, `The telemetry was not sent within ${flushSeconds} seconds.`);
    } catch (error) {
      this.#guard.log('The telemetry could not be sent.', error);
    }
  }
}
