import type { Agent } from '../domain/agent.js';
import { type OptionNames, requireKnownOptions, requireOption, requireText } from '../domain/options.js';
import type { CreateAgentOptions } from './agent-options.js';
import { SessionAgent } from './session-agent.js';

const optionNames: OptionNames<CreateAgentOptions> = {
  agentId: true,
  contextId: true,
  agentStore: true,
  messageStore: true,
  turn: true,
};

/**
 * Makes the agent of one session out of what it does in a turn. Its state is loaded with the first turn, `busy` while one runs, and
 * saved before the last event of each; so is the conversation.
 *
 * @throws AgentStoreError `CONFIGURATION`, naming the option, for one that is missing or not known.
 *
 * @example
 * await serve({
 *   agentStore,
 *   agent: (contextId, { agentStore }) =>
 *     createAgent({
 *       agentId: 'seats',
 *       contextId,
 *       agentStore,
 *       messageStore,
 *       async *turn({ ask, step }) {
 *         const seat = await ask({ prompt: 'Which seat?', options: ['12A', '14C'] });
 *         const ticket = await step('book', ({ key }) => book(seat, key));
 *         yield `You have seat ${seat}, ticket ${ticket}.`;
 *       },
 *     }),
 * });
 */
export function createAgent(options: CreateAgentOptions): Agent {
  requireKnownOptions<CreateAgentOptions>(options, optionNames);
  requireText('agentId', options.agentId);
  requireText('contextId', options.contextId);
  requireOption(typeof options.turn === 'function', 'turn', 'must be a function');
  requireOption(typeof options.agentStore?.load === 'function', 'agentStore', 'must be an agent store');
  const { messageStore } = options;
  const isHistory = messageStore === undefined || typeof messageStore?.getRecent === 'function';
  requireOption(isHistory, 'messageStore', 'must be a message store');
  return new SessionAgent(options);
}
