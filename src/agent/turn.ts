import { misused } from './agent-error.js';
import type { TurnContext, TurnOutput } from './turn-context.js';

/** A turn as it is written. It runs from its start, for the first time or after an answer. */
export type Turn = (context: TurnContext) => AsyncGenerator<TurnOutput, unknown, unknown>;

/** @throws AgentError `MISUSED` for a function that is no generator: without types, it is easily written. */
export function requireGenerator<Output extends object>(turn: Output): Output {
  if (typeof turn === 'object' && turn !== null && Symbol.asyncIterator in turn) return turn;
  throw misused('The option "turn" must be an async generator function: write "async *turn".');
}
