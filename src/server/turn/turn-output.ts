import type { AgentEvent } from '../../domain/agent.js';
import type { HeldTurn } from '../../domain/turn-store.js';
import type { ObservedTurn } from '../telemetry/observed-turn.js';
import type { AttemptOutput } from './attempt.js';
import type { LiveTurn } from './live-turn.js';
import type { TurnStream } from './turn-stream.js';

/**
 * Where the events of a turn go, and how far its answer is. A class: a getter in an object literal makes a hidden class for each object,
 * and those keep whole turns from the garbage collector for long.
 */
export class TurnOutput implements AttemptOutput {
  readonly #live: LiveTurn;
  readonly #stream: TurnStream;
  readonly #held: HeldTurn | undefined;
  readonly #countTokens: ((event: AgentEvent) => void) | undefined;
  readonly #observed: ObservedTurn | undefined;

  constructor(
    live: LiveTurn,
    stream: TurnStream,
    held: HeldTurn | undefined,
    countTokens: ((event: AgentEvent) => void) | undefined,
    observed: ObservedTurn | undefined,
  ) {
    this.#live = live;
    this.#stream = stream;
    this.#held = held;
    this.#countTokens = countTokens;
    this.#observed = observed;
  }

  get isOpen(): boolean {
    return this.#stream.isOpen;
  }

  start(): void {
    this.#stream.start();
  }

  send(event: AgentEvent): void {
    const sent = this.#live.send(event);
    // A turn store may keep all that it is given.
    this.#held?.log({ kind: sent.kind, data: sent.data });
    this.#countTokens?.(event);
    this.#observed?.take(event);
  }

  finish(event: AgentEvent): void {
    this.#live.finish(event);
    this.#observed?.take(event);
  }
}
