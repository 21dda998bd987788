import { describe, expect, it, vi } from 'vitest';
import { InMemoryAgentStore } from '../../src/adapters/memory/index.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import type { AgentContext } from '../../src/server/request-context.js';
import { createState } from '../../src/testing/fixtures.js';
import { FakeAgent } from './fake-agent.js';
import { readAll, readEvents, startServer } from './harness.js';
import { type Model, StandInAgent } from './stand-in-agent.js';

/** A server whose agents answer at once, but for the message `wait`, which waits until it is released. */
async function startSessions(pick: (shared: AgentStore, context: AgentContext) => AgentStore) {
  const agentStore = new InMemoryAgentStore({ agentId: 'stand-in' });
  const saves: Promise<unknown>[] = [];
  const releases: (() => void)[] = [];
  const model: Model = async ({ message, say }) => {
    say('hello');
    if (message === 'wait') await new Promise<void>((resolve) => releases.push(resolve));
  };
  const history: string[] = [];
  const server = await startServer({
    agentStore,
    agent: async (contextId, context) => {
      const store = pick(agentStore, context);
      const noting: Pick<AgentStore, 'load' | 'save'> = {
        load: (id) => store.load(id),
        save: (id, state) => {
          const saved = store.save(id, state);
          saves.push(saved);
          return saved;
        },
      };
      return new StandInAgent({ contextId, agentStore: noting, model, history });
    },
  });
  const release = () => {
    for (const resolve of releases.splice(0)) resolve();
  };
  return { server, agentStore, saves, release };
}

describe.each([
  ['one store object for all agents', (shared: AgentStore) => shared],
  ['the holder that the factory is given', (_: AgentStore, context: AgentContext) => context.agentStore],
])('with %s', (_, pick) => {
  it('the late save of an agent that was cancelled meets a conflict, and the turn that took over stays', async () => {
    const { server, agentStore, saves, release } = await startSessions(pick);
    const stuck = readEvents(await server.post('s', { prompt: 'wait' }));
    await stuck.next();
    await (await server.post('s', { type: 'cancel' })).json();
    await readAll(await server.post('s', { prompt: 'hi' }));
    const before = await agentStore.peek('s');
    expect(before).toMatchObject({ status: 'idle' });
    const made = saves.length;
    release();
    await vi.waitFor(() => expect(saves.length).toBeGreaterThan(made));
    await expect(saves[made]).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await agentStore.peek('s')).toEqual(before);
    await readAll(await server.post('s', { prompt: 'again' }));
    expect((await agentStore.peek('s'))?.turnCount).toBe((before?.turnCount ?? 0) + 1);
  });

  it('an agent that is shut down saves that it was', async () => {
    const { server, agentStore } = await startSessions(pick);
    await readAll(await server.post('s', { prompt: 'hi' }));
    await server.close();
    expect(await agentStore.peek('s')).toMatchObject({ status: 'shutdown' });
  });

  it('a tool that updates the session beside its agent loses nothing', async () => {
    const { server, agentStore, saves } = await startSessions(pick);
    await readAll(await server.post('s', { prompt: 'hi' }));
    await agentStore.update('s', (state) => state && { ...state, metadata: { tier: 'gold' } });
    const events = await readAll(await server.post('s', { prompt: 'again' }));
    // The live agent has not seen it, and a new one takes its place.
    expect(events.at(-1)?.kind).toBe('task-complete');
    await Promise.allSettled(saves);
    expect(await agentStore.peek('s')).toMatchObject({
      status: 'idle',
      turnCount: 2,
      metadata: { tier: 'gold' },
    });
  });
});

describe('the store that the factory is given', () => {
  it('is the configured one if that has no holders, and is missed with a clear error if there is none', async () => {
    const given: unknown[] = [];
    const agentStore = { load: async () => null, save: async () => {} };
    const withStore = await startServer({
      agentStore,
      agent: async (contextId, context) => {
        given.push(context.agentStore, context.agentStore);
        return new FakeAgent(contextId);
      },
    });
    await readAll(await withStore.post('s', { prompt: 'hi' }));
    expect(given).toEqual([agentStore, agentStore]);
    const without = await startServer({
      agent: async (contextId, { agentStore }) => new FakeAgent(contextId + String(agentStore)),
    });
    const response = await without.post('s', { prompt: 'hi' });
    expect(response.status).toBe(500);
    expect(without.logger.lines).toContainEqual(
      expect.objectContaining({
        error: expect.objectContaining({ message: expect.stringContaining('"agentStore"') }),
      }),
    );
  });

  it('is the same one whenever it is asked for, and another one for each agent', async () => {
    const given = new Map<string, unknown[]>();
    const agentStore = new InMemoryAgentStore({ agentId: 'a' });
    await agentStore.save('s', createState(1));
    const server = await startServer({
      agentStore,
      agent: async (contextId, context) => {
        given.set(contextId, [context.agentStore, context.agentStore]);
        return new FakeAgent(contextId);
      },
    });
    for (const session of ['s', 't']) await readAll(await server.post(session, { prompt: 'hi' }));
    const [first, second] = [given.get('s') ?? [], given.get('t') ?? []];
    expect(first[0]).toBe(first[1]);
    expect(new Set([agentStore, first[0], second[0]]).size).toBe(3);
  });
});
