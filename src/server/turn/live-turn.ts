import type { AgentEvent } from '../../domain/agent.js';
import { interruptedNumber, type TurnRequest } from '../../domain/turn-store.js';
import { eventsLost } from './events-lost.js';
import { type ReplayLimits, ReplayLog } from './replay-log.js';
import { type TurnEvent, toTurnEvent } from './turn-event.js';

/** What a turn is found by. */
export interface TurnNames {
  readonly id: string;
  readonly sessionId: string;
  readonly idempotency?: TurnRequest['idempotency'];
}

/** Who hears a turn: the answer to whoever has asked for it, and to each that attaches. */
export interface TurnListener {
  /** Told each event with its number. */
  send(event: TurnEvent, number: number): void;
  end(): void;
  /** Told what `send` or `end` has thrown. It is told nothing more. */
  fail(error: unknown): void;
}

/**
 * A turn as it is heard, while it runs and for some time after. It belongs to its session: its listeners come and go.
 *
 * It holds the events and nothing of the request or the agent.
 */
export class LiveTurn {
  readonly id: string;
  readonly sessionId: string;
  /** Under what the request for it may come again. */
  readonly idempotency: TurnRequest['idempotency'];
  readonly log: ReplayLog;
  readonly #listeners = new Set<TurnListener>();
  #last: TurnEvent | undefined;
  #hasEnded = false;
  #isEndElsewhere = false;

  constructor({ id, sessionId, idempotency }: TurnNames, limits: ReplayLimits) {
    this.id = id;
    this.sessionId = sessionId;
    this.idempotency = idempotency;
    this.log = new ReplayLog(limits);
  }

  /** The event that the turn will end with, once that is known. */
  get last(): TurnEvent | undefined {
    return this.#last;
  }

  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** True if there is nothing left to hear for whoever has heard the event with this number. */
  isOverAfter(number: number): boolean {
    return this.#hasEnded && number >= this.log.newest;
  }

  /** Sends an event to all listeners. Throws if the event cannot be written as text, whoever listens. */
  send(event: AgentEvent): TurnEvent {
    const sent = toTurnEvent(event);
    this.#send(sent);
    return sent;
  }

  /** Takes the last event, in place of any that was taken before. It is sent with `end`. */
  finish(event: AgentEvent): void {
    this.#last = toTurnEvent(event);
  }

  /** True if only the turn store knows how the turn has ended. */
  get isEndElsewhere(): boolean {
    return this.#isEndElsewhere;
  }

  /** Takes the end that somebody else has written, since the process seemed to have vanished. */
  interrupt(end: TurnEvent): void {
    this.#last = end;
    this.#isEndElsewhere = true;
  }

  /** Parts from all listeners without an end, which nobody knows here. Whoever comes back hears it. */
  cutOff(error: unknown): void {
    this.#last = undefined;
    this.#isEndElsewhere = true;
    for (const listener of this.#listeners) this.#fail(listener, error);
  }

  /** Sends the last event, and ends all listeners. */
  end(): void {
    if (this.#last !== undefined)
      this.#send(this.#last, this.#isEndElsewhere ? interruptedNumber : undefined);
    this.#last = undefined;
    this.#hasEnded = true;
    for (const listener of this.#listeners) this.#tell(listener, () => listener.end());
    this.#listeners.clear();
  }

  /** Tells a listener the events after the one with this number, and from then on all others. Says which are lost. */
  attach(listener: TurnListener, number: number): void {
    this.#listeners.add(listener);
    if (this.log.newest > 0) this.#tell(listener, () => this.#replay(listener, number));
    if (!this.#hasEnded || !this.#listeners.delete(listener)) return;
    this.#tell(listener, () => listener.end());
  }

  leave(listener: TurnListener): void {
    this.#listeners.delete(listener);
  }

  #replay(listener: TurnListener, number: number): void {
    const { dropped } = this.log;
    if (number < dropped) listener.send(eventsLost, dropped);
    for (const [event, next] of this.log.after(number)) {
      // One that does not read may be given up at any event.
      if (this.#listeners.has(listener)) listener.send(event, next);
    }
  }

  #send(event: TurnEvent, number = this.log.append(event)): void {
    for (const listener of this.#listeners) {
      try {
        listener.send(event, number);
      } catch (error) {
        this.#fail(listener, error);
      }
    }
  }

  /** What one listener throws concerns neither the turn nor the others. */
  #tell(listener: TurnListener, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(listener, error);
    }
  }

  #fail(listener: TurnListener, error: unknown): void {
    this.leave(listener);
    listener.fail(error);
  }
}
