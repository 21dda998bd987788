import type { AgentEvent } from '../../domain/agent.js';
import { HttpError } from '../failures/http-error.js';
import type { Exchange, ResponseWriter } from '../http/exchange.js';
import type { WaitingBudget } from '../http/waiting-budget.js';
import { sessionIdHeader } from '../invocation/request-head.js';
import type { RunningTurn } from '../sessions/running-turn.js';
import { createFormat, type EventFormat } from './event-format.js';
import { KeepAlive } from './keep-alive.js';

/** The answer to a turn. Until it opens, with the first event or soon after the start, a failure can be a status. */
export class TurnStream {
  readonly #exchange: Exchange;
  readonly #turn: RunningTurn;
  readonly #budget: WaitingBudget;
  readonly #format: EventFormat;
  readonly #keepAlive: KeepAlive;
  #writer: ResponseWriter | undefined;
  #isOver = false;

  constructor(exchange: Exchange, turn: RunningTurn, keepAliveSeconds: number, budget: WaitingBudget) {
    this.#exchange = exchange;
    this.#turn = turn;
    this.#budget = budget;
    this.#format = createFormat(exchange.headers.accept);
    this.#keepAlive = new KeepAlive(keepAliveSeconds, () => this.#open().write(this.#format.keepAlive));
    if (this.#format.opensEarly) this.#keepAlive.start();
  }

  get isOpen(): boolean {
    return this.#writer !== undefined;
  }

  /** Opens once the agent has had the time to say that it cannot start. */
  start(): void {
    if (!this.isOpen) setImmediate(() => this.#isOver || this.#open());
  }

  readonly send = (event: AgentEvent): void => {
    const writer = this.#open();
    this.#keepAlive.note();
    writer.write(this.#format.event(event));
  };

  end(): void {
    this.#isOver = true;
    this.#keepAlive.stop();
    this.#writer?.write(this.#format.end());
    this.#writer?.end();
  }

  #open(): ResponseWriter {
    if (this.#writer !== undefined) return this.#writer;
    if (!this.#format.opensEarly) this.#keepAlive.start();
    const headers = {
      'content-type': this.#format.contentType,
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      [sessionIdHeader]: this.#turn.session.contextId,
    };
    this.#writer = this.#exchange.open(headers, this.#budget, () => {
      this.#turn.stop(new HttpError('CLIENT_GONE', 'The caller does not read.'));
    });
    return this.#writer;
  }
}
