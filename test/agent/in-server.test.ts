import { describe, expect, it, vi } from 'vitest';
import {
  InMemoryAgentStore,
  InMemoryMessageStore,
  InMemoryRecordStore,
  InMemoryTurnStore,
} from '../../src/adapters/memory/index.js';
import { createAgent } from '../../src/agent/create-agent.js';
import type { Agent } from '../../src/domain/agent.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import { AgentStoreError, type AgentStoreErrorCode } from '../../src/domain/errors.js';
import { getRequestContext, type ServeConfig } from '../../src/index.js';
import { readAll, readKinds, startServer } from '../server/harness.js';
import type { Turn } from './session.js';

const prompt = { prompt: 'hi' };
const wholeTurn = ['task-created', 'task-status', 'content-delta', 'content-complete', 'task-complete'];

const hello: Turn = async function* () {
  yield 'hello';
};

function fail(message: string): never {
  throw new Error(message);
}

/** A server whose agents are made of a turn, a rival process on the same table, and what they have done. */
async function start(turn: Turn, config: Partial<ServeConfig> = {}, broken: Partial<AgentStore> = {}) {
  const records = new InMemoryRecordStore();
  const createStore = () => new InMemoryAgentStore({ agentId: 'a', records });
  const messageStore = new InMemoryMessageStore({ agentId: 'a', records });
  const agents: Agent[] = [];
  const called = vi.fn(turn);
  const server = await startServer({
    agent: (contextId, { agentStore: own }) => {
      const agentStore = {
        load: (id: string) => (broken.load ?? own.load.bind(own))(id),
        save: (id: string, state: Parameters<AgentStore['save']>[1]) =>
          (broken.save ?? own.save.bind(own))(id, state),
      };
      const agent = createAgent({ agentId: 'a', contextId, agentStore, messageStore, turn: called });
      agents.push(agent);
      return agent;
    },
    agentStore: createStore(),
    ...config,
  });
  const saveAsRival = async () => {
    const rival = createStore();
    const state = await rival.load('session-1');
    if (state === null) throw new Error('There is no session yet.');
    await rival.save('session-1', { ...state, turnCount: state.turnCount + 1, lastActivity: new Date() });
  };
  const say = async (text = 'hi') => readKinds(await server.post('session-1', { prompt: text }));
  const history = async () => (await messageStore.getAll('session-1')).map(({ content }) => content);
  return { server, agentsMade: agents, turn: called, saveAsRival, say, history };
}

describe('an agent that is made of a turn, in a server', () => {
  it('asks, and goes on with the answer in a new agent, of which nobody sees the notes', async () => {
    const { server, agentsMade, saveAsRival } = await start(async function* ({
      askForCredential,
      step,
      ask,
    }) {
      const secret = await askForCredential({ prompt: 'Sign in.' });
      const length = await step('use', () => secret.length);
      const seat = await ask({ prompt: 'Which seat?', options: ['12A', '14C'] });
      yield `${seat} ${length}`;
    });
    expect(await readKinds(await server.post('session-1', prompt))).toContain('auth-required');
    await saveAsRival();
    const waiting = await (await server.get('session-1')).text();
    const [{ authId }] = JSON.parse(waiting).pendingAuthRequests;
    const credentials = [{ authId, credential: 'secret-1' }];
    const asked = await readAll(await server.post('session-1', { credentials }));
    expect(asked.map(({ kind }) => kind)).toEqual([
      ...['auth-completed', 'task-status', 'tool-input-required', 'task-status'],
    ]);
    expect(agentsMade).toHaveLength(2);
    const state = await (await server.get('session-1')).text();
    expect(JSON.parse(state)).toMatchObject({
      status: 'waiting-input',
      pendingToolInputs: [{ prompt: 'Which seat?' }],
    });
    expect(state).not.toMatch(/secret|turnJournal/);
    const [{ inputId }] = JSON.parse(state).pendingToolInputs;
    const end = await readAll(await server.post('session-1', { inputs: [{ inputId, value: '14C' }] }));
    expect(end.at(-1)).toMatchObject({ kind: 'task-complete', data: { content: '14C 8' } });
  });

  it('runs a turn once although it fails before its first word', async () => {
    const { server, agentsMade, turn, say, history } = await start(async function* ({ state }) {
      if (state.turnCount === 2) fail('The model is overloaded.');
      yield 'hello';
    });
    expect(await say()).toEqual(wholeTurn);
    const sent = await readAll(await server.post('session-1', prompt));
    expect(sent.at(-1)).toMatchObject({
      kind: 'task-status',
      data: { status: 'failed', message: 'The model is overloaded.' },
    });
    expect([turn.mock.calls.length, agentsMade.length]).toEqual([2, 1]);
    expect(await history()).toEqual(['hi', 'hello', 'hi']);
    expect(server.logger.lines.at(-1)).toMatchObject({
      level: 'error',
      code: 'AGENT_FAILED',
      error: { message: 'The model is overloaded.' },
    });
    expect(sent.at(-1)?.data).not.toHaveProperty('code');
  });

  it('runs a turn again on a new agent once another process has saved the session', async () => {
    const { agentsMade, saveAsRival, say, history } = await start(hello);
    await say();
    await saveAsRival();
    expect(await say()).toEqual(wholeTurn);
    expect(agentsMade).toHaveLength(2);
    expect(agentsMade[1]?.state.turnCount).toBe(3);
    expect(await history()).toEqual(['hi', 'hello', 'hi', 'hello']);
  });

  it.each<[AgentStoreErrorCode, number]>([
    ['INVALID_KEY', 400],
    ['CORRUPTED', 500],
    ['CONFLICT', 409],
    ['UNAVAILABLE', 503],
  ])('answers %s of its load with %i, without the keys of the table', async (code, status) => {
    const load = () => Promise.reject(new AgentStoreError(code, 'Cannot read agent#a / context#session-1.'));
    const { server } = await start(hello, {}, { load });
    const response = await server.post('session-1', prompt);
    const body = await response.text();
    expect([response.status, JSON.parse(body)]).toMatchObject([status, { error: { code } }]);
    expect(body).not.toContain('context#');
  });

  it('adds the code to its last event if the store fails later', async () => {
    const broken: Partial<AgentStore> = {};
    const { server } = await start(
      async function* () {
        yield 'hello';
        broken.save = () => Promise.reject(new AgentStoreError('TOO_LARGE', 'It has 5 MB.'));
      },
      {},
      broken,
    );
    const sent = await readAll(await server.post('session-1', prompt));
    expect(sent.at(-1)).toMatchObject({
      kind: 'task-status',
      data: { status: 'failed', message: 'It has 5 MB.', code: 'TOO_LARGE' },
    });
    expect(server.logger.lines.at(-1)).toMatchObject({ code: 'TOO_LARGE' });
  });

  it('is stopped by the signal, saves nothing more, and frees its session', async () => {
    const reasons: unknown[] = [];
    const { server, agentsMade, say } = await start(async function* ({ message, signal, step }) {
      yield 'hello';
      if (message !== 'stay') return;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reasons.push(getRequestContext()?.signal.aborted);
      await step('late', () => 1).catch((error: unknown) => reasons.push(String(error)));
    });
    const stream = await server.post('session-1', { prompt: 'stay' });
    expect(await (await server.post('session-1', { type: 'cancel' })).json()).toEqual({ cancelled: true });
    expect((await readAll(stream)).at(-1)).toMatchObject({ kind: 'error', data: { code: 'CANCELLED' } });
    await vi.waitFor(() => expect(reasons).toEqual([true, 'AbortError: The turn was stopped.']));
    expect(await say()).toEqual(wholeTurn);
    expect(agentsMade).toHaveLength(2);
    expect(await (await server.get('session-1')).json()).toMatchObject({ status: 'idle', turnCount: 2 });
  });

  it('goes from one process to another under leases, live agents included, and loses nothing', async () => {
    const records = new InMemoryRecordStore();
    const turn: Turn = async function* ({ message, history, ask, step }) {
      const before = (await history()).length;
      const answer = message === 'ask' ? await ask({ prompt: 'Which?' }) : 'none';
      yield await step(message, () => `${before} ${answer}`);
    };
    const open = () => {
      const agentStore = new InMemoryAgentStore({ agentId: 'a', records });
      const messageStore = new InMemoryMessageStore({ agentId: 'a', records });
      const turnStore = new InMemoryTurnStore({ agentId: 'a', records });
      return startServer({
        agentStore,
        turnStore,
        agent: (contextId, { agentStore }) =>
          createAgent({ agentId: 'a', contextId, agentStore, messageStore, turn }),
      });
    };
    const servers = [await open(), await open()];
    const contents: unknown[] = [];
    for (let round = 0; round < 6; round++) {
      const [server, other] = round % 3 === 0 ? servers : servers.toReversed();
      const sent = await readAll(
        (await server?.post('s', { prompt: round % 2 === 0 ? 'ask' : 'say' })) ?? new Response(),
      );
      const { inputId } = sent.find(({ kind }) => kind === 'tool-input-required')?.data ?? {};
      const last =
        inputId === undefined
          ? sent
          : await readAll(
              (await other?.post('s', { inputs: [{ inputId, value: round }] })) ?? new Response(),
            );
      contents.push(last.at(-1)?.data.content);
    }
    expect(contents).toEqual(['1 0', '5 none', '7 2', '11 none', '13 4', '17 none']);
    const state = JSON.parse((await (await servers[0]?.get('s'))?.text()) ?? '');
    expect(state).toMatchObject({ status: 'idle', turnCount: 9 });
  });
});
