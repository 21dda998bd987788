import type { CreateAgentOptions } from '../agent/agent-options.js';
import { createAgent } from '../agent/create-agent.js';
import type { Agent } from '../domain/agent.js';

/** Repeats what it is told, and counts its turns; asks what it is told to ask; recalls the conversation. */
export function createDemoAgent(options: Omit<CreateAgentOptions, 'turn'>): Agent {
  return createAgent({
    ...options,
    async *turn({ message, state, history, ask }) {
      const question = message.match(/^ask\s+(?<question>.*\S)/s)?.groups?.question;
      yield `Turn ${state.turnCount}. `;
      if (question === undefined) yield `You said: ${message}`;
      else yield `You answered "${question}" with: ${JSON.stringify(await ask({ prompt: question }))}`;
      if (message !== 'recall') return;
      for (const { role, content } of (await history({ maxMessages: 50 })).slice(0, -1))
        yield `\n${role}: ${content}`;
    },
  });
}
