import type { AgentEvent } from '../../domain/agent.js';
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

  constructor(live: LiveTurn, stream: TurnStream) {
    this.#live = live;
    this.#stream = stream;
  }

  get isOpen(): boolean {
    return this.#stream.isOpen;
  }

  start(): void {
    this.#stream.start();
  }

  send(event: AgentEvent): void {
    this.#live.send(event);
  }

  finish(event: AgentEvent): void {
    this.#live.finish(event);
  }
}
