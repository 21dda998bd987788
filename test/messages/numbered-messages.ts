import type { Message } from '../../src/domain/message-store.js';

/** What is said in a turn: a question, a call, its result, and the answer. */
export const turnLength = 4;

/** The message with this number in a conversation that never ends. */
export function toMessage(number: number): Message {
  const turn = Math.floor(number / turnLength);
  const content = `${number}: ${'word '.repeat(number % 60)}`;
  const id = `call-${turn}`;
  switch (number % turnLength) {
    case 0:
      return { role: 'user', content };
    case 1: {
      const call = { id, type: 'function', function: { name: 'look', arguments: { turn } } } as const;
      return { role: 'assistant', content, toolCalls: [call] };
    }
    case 2:
      return { role: 'tool', content, toolCallId: id };
    default:
      return { role: 'assistant', content };
  }
}
