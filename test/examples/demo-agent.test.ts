import { describe, expect, it } from 'vitest';
import { DemoAgent } from '../../examples/local-server/demo-agent.js';
import type { AgentEvent, StartTurnOptions } from '../../src/domain/agent.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import { InMemoryAgentStore, InMemoryMessageStore } from '../../src/stores.js';

/** Agents of one session, and what they save and emit, in order. */
function createSession() {
  const store = new InMemoryAgentStore({ agentId: 'demo' });
  const messageStore = new InMemoryMessageStore({ agentId: 'demo' });
  const journal: string[] = [];
  const agentStore: AgentStore = {
    load: (contextId) => store.load(contextId),
    peek: (contextId) => store.peek(contextId),
    update: (contextId, change) => store.update(contextId, change),
    holder: () => store.holder(),
    delete: (contextId) => store.delete(contextId),
    close: () => store.close(),
    save: async (contextId, state) => {
      await store.save(contextId, state);
      journal.push(`saved ${state.status}`);
    },
  };
  const runTurn = async (agent: DemoAgent, message: string | null, options?: StartTurnOptions) => {
    const events: AgentEvent[] = [];
    const stream = await agent.startTurn(message, options);
    await new Promise<void>((complete, error) => {
      const next = (event: AgentEvent) => {
        events.push(event);
        journal.push(`sent ${event.kind}`);
      };
      stream.subscribe({ next, error, complete });
    });
    return events;
  };
  return {
    createAgent: () => new DemoAgent({ agentId: 'demo', contextId: 's', agentStore, messageStore }),
    runTurn,
    journal,
  };
}

describe('the agent of the local server', () => {
  it('saves before it says that it has ended, or that it waits', async () => {
    const { createAgent, runTurn, journal } = createSession();
    const agent = createAgent();
    await runTurn(agent, 'ask why?');
    expect(journal.splice(0)).toEqual([
      'saved created',
      'saved idle',
      'saved busy',
      'sent task-created',
      'sent task-status',
      'saved waiting-input',
      'sent tool-input-required',
      'sent task-status',
    ]);
    const inputs = agent.state.pendingToolInputs?.map(({ inputId }) => ({ inputId, value: 'because' }));
    await runTurn(agent, null, { inputs });
    expect(journal.slice(0, 2)).toEqual(['saved busy', 'sent task-created']);
    expect(journal.slice(-3)).toEqual(['sent content-complete', 'saved idle', 'sent task-complete']);
  });

  it('still waits for an answer after it was shut down', async () => {
    const { createAgent, runTurn } = createSession();
    const first = createAgent();
    await runTurn(first, 'ask why?');
    await first.shutdown();
    expect(first.state.status).toBe('shutdown');

    const second = createAgent();
    const inputs = first.state.pendingToolInputs?.map(({ inputId }) => ({ inputId, value: 'because' }));
    expect((await runTurn(second, null, { inputs })).at(-1)).toMatchObject({ kind: 'task-complete' });
    expect(second.state).toMatchObject({ status: 'idle', turnCount: 2 });
  });

  it('has nothing to answer where nothing was asked', async () => {
    const { createAgent, runTurn } = createSession();
    const failed = { kind: 'task-status', status: 'failed' };
    expect(await runTurn(createAgent(), null)).toEqual([expect.objectContaining(failed)]);
  });

  it('lets a question wait while it is told something else', async () => {
    const { createAgent, runTurn } = createSession();
    const agent = createAgent();
    await runTurn(agent, 'ask why?');
    await runTurn(agent, 'hello');
    expect(agent.state).toMatchObject({ status: 'waiting-input', pendingToolInputs: [{ prompt: 'why?' }] });
  });
});
