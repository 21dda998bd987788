import { setTimeout as sleep } from 'node:timers/promises';
import { type Agent, type CreateAgentOptions, createAgent } from '../../src/index.js';

/** A pause before each word, as a model would make. */
const wordDelayMs = 40;

/**
 * Repeats what it is told, word by word, and counts its turns. `ask <question>` makes it ask the question back and wait:
 * in this process or a later one, until the answer comes. `recall` makes it repeat the conversation, whichever process it was held in.
 */
export function createDemoAgent(options: Omit<CreateAgentOptions, 'turn'>): Agent {
  return createAgent({
    ...options,
    async *turn({ message, state, history, ask }) {
      const question = message.match(/^ask\s+(?<question>.*\S)/s)?.groups?.question;
      const said = [`Turn ${state.turnCount}.`];
      if (question === undefined) said.push(`You said: ${message}`);
      else said.push(`You answered "${question}" with: ${toText(await ask({ prompt: question }))}`);
      const before = message === 'recall' ? await history({ maxMessages: 50 }) : [];
      for (const { role, content } of before.slice(0, -1)) said.push(`${role}: ${content}`);
      for (const word of said.join(' ').split(/(?<=\s)(?=\S)/)) {
        await sleep(wordDelayMs);
        yield word;
      }
    },
  });
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
