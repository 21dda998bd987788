import type { AgentStore } from '../domain/agent-store.js';
import type { MessageStore } from '../domain/message-store.js';
import type { TurnContext, TurnOutput } from './turn-context.js';

/**
 * What `createAgent` takes.
 *
 * @example
 * const options: CreateAgentOptions = {
 *   agentId: 'echo',
 *   contextId,
 *   agentStore,
 *   async *turn({ message }) {
 *     yield `You said: ${message}`;
 *   },
 * };
 */
export interface CreateAgentOptions {
  readonly agentId: string;
  /** The session. */
  readonly contextId: string;
  /** Where the state of the session is kept: inside `serve`, the one that the factory is given. */
  readonly agentStore: Pick<AgentStore, 'load' | 'save'>;
  /** Where the conversation is kept. @defaultValue nowhere */
  readonly messageStore?: Pick<MessageStore, 'append' | 'getRecent' | 'getAll'>;
  /** What the agent does with a message: what it yields is sent. It fails by throwing. */
  turn(context: TurnContext): AsyncGenerator<TurnOutput, unknown, unknown>;
}
