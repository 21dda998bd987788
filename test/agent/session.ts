import { createAgent } from '../../src/agent/create-agent.js';
import type { TurnContext, TurnOutput } from '../../src/agent/turn-context.js';
import type { AgentEvent, StartTurnOptions } from '../../src/domain/agent.js';
import { InMemoryAgentStore, InMemoryMessageStore } from '../../src/stores.js';

export type Turn = (context: TurnContext) => AsyncGenerator<TurnOutput, unknown, unknown>;

/** A session whose agents can be replaced, as after the end of a process, and what they have sent and stored. */
export function createSession(turn: Turn) {
  const agentStore = new InMemoryAgentStore({ agentId: 'a' });
  const messageStore = new InMemoryMessageStore({ agentId: 'a' });
  let holder = agentStore.holder();
  const create = (turn: Turn) =>
    createAgent({ agentId: 'a', contextId: 's', agentStore: holder, messageStore, turn });
  let agent = create(turn);
  return {
    agentStore,
    messageStore,
    restart(other = turn) {
      holder = agentStore.holder();
      agent = create(other);
    },
    /** The store as the agent has it. */
    get holder() {
      return holder;
    },
    get agent() {
      return agent;
    },
    send: (message: string | null, options?: StartTurnOptions) => collect(agent, message, options),
    async answer(value: unknown) {
      const state = await agentStore.load('s');
      const inputs = (state?.pendingToolInputs ?? []).map(({ inputId }) => ({ inputId, value }));
      return collect(agent, null, { inputs });
    },
    async said() {
      return (await messageStore.getAll('s')).map(({ role, content }) => `${role}: ${content}`);
    },
  };
}

export async function collect(
  agent: ReturnType<typeof createAgent>,
  message: string | null,
  options?: StartTurnOptions,
): Promise<AgentEvent[]> {
  const events: AgentEvent[] = [];
  const stream = await agent.startTurn(message, options);
  await new Promise<void>((complete, error) => {
    stream.subscribe({ next: (event) => events.push(event), error, complete });
  });
  return events;
}
