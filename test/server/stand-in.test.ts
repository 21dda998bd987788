import { expect, it, vi } from 'vitest';
import { InMemoryAgentStore, InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import { AgentStoreError, type AgentStoreErrorCode } from '../../src/domain/errors.js';
import { getRequestContext, type ServeConfig } from '../../src/index.js';
import { readAll, readKinds, startServer } from './harness.js';
import { type Model, StandInAgent } from './stand-in-agent.js';

const prompt = { prompt: 'hi' };
const fail = (message: string): never => {
  throw new Error(message);
};

const failures: [AgentStoreErrorCode, number, boolean][] = (
  [
    ['INVALID_KEY', 400],
    ['CORRUPTED', 500],
    ['CONFLICT', 409],
    ['UNAVAILABLE', 503],
  ] as const
).flatMap(([code, status]) => [
  [code, status, false],
  [code, status, true],
]);

/** A server of stand-in agents over a table, a rival process on the same table, and what they have done. */
async function start(
  model: Model,
  config: Partial<ServeConfig> = {},
  broken: Partial<AgentStore> = {},
  loadsLate = false,
) {
  const records = new InMemoryRecordStore();
  const createStore = () => new InMemoryAgentStore({ agentId: 'stand-in', records });
  const agents: StandInAgent[] = [];
  const history: string[] = [];
  const called = vi.fn(model);
  const server = await startServer({
    agent: async (contextId) => {
      const own = createStore();
      const agentStore = {
        load: (id: string) => (broken.load ?? own.load.bind(own))(id),
        save: (id: string, state: Parameters<AgentStore['save']>[1]) =>
          (broken.save ?? own.save.bind(own))(id, state),
      };
      const agent = new StandInAgent({ contextId, agentStore, model: called, history, loadsLate });
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
  const say = async () => readKinds(await server.post('session-1', prompt));
  return { server, agentsMade: agents, history, model: called, saveAsRival, say };
}

const wholeTurn = ['task-created', 'task-status', 'content-delta', 'task-complete'];

it('runs a turn once although the model of a live agent fails before its first token', async () => {
  const { server, agentsMade, history, model, say } = await start(({ agent, say }) =>
    agent.state.turnCount === 1 ? fail('The model is overloaded.') : say('hello'),
  );
  expect(await say()).toEqual(wholeTurn);
  const sent = await readAll(await server.post('session-1', prompt));
  expect(sent.at(-1)).toMatchObject({
    kind: 'task-status',
    data: { status: 'failed', taskId: 'task-2', message: 'The model is overloaded.' },
  });
  expect([model.mock.calls.length, history.length, agentsMade.length]).toEqual([2, 2, 1]);
});

it('runs it once although the end of the failed turn cannot be saved either', async () => {
  const broken: Partial<AgentStore> = {};
  const { history, say } = await start(
    ({ agent, say }) => {
      if (agent.state.turnCount === 0) return say('hello');
      broken.save = () => Promise.reject(new AgentStoreError('UNAVAILABLE', 'No answer.'));
      fail('The model is overloaded.');
    },
    {},
    broken,
  );
  await say();
  expect(await say()).toEqual(['task-created', 'task-status', 'task-status']);
  expect(history).toHaveLength(2);
});

it('runs a turn again on a new agent once another process has saved the session', async () => {
  const { server, agentsMade, history, saveAsRival, say } = await start(({ say }) => say('hello'));
  await say();
  await saveAsRival();
  expect(await say()).toEqual(wholeTurn);
  expect([agentsMade.length, history.length]).toEqual([2, 2]);
  expect(agentsMade[1]?.state.turnCount).toBe(3);
  expect(server.logger.lines).toContainEqual(
    expect.objectContaining({ level: 'warn', sessionId: 'session-1' }),
  );
});

it.each<[string, Partial<ServeConfig>]>([
  ['there is no store to look into', { agentStore: undefined }],
  ['the store cannot look without loading', { agentStore: { load: async () => null } }],
  [
    'the store does not answer',
    { agentStore: { load: async () => null, peek: () => Promise.reject(new Error('down')) } },
  ],
])('runs no turn again if %s, but the next one on a new agent', async (_, config) => {
  const { server, agentsMade, saveAsRival, say } = await start(({ say }) => say('hello'), config);
  await say();
  await saveAsRival();
  const response = await server.post('session-1', prompt);
  expect([response.status, await response.json()]).toMatchObject([409, { error: { code: 'CONFLICT' } }]);
  expect(agentsMade).toHaveLength(1);
  expect(await say()).toEqual(wholeTurn);
});

it('sends the agent’s own last event of a failed turn, and logs its reason', async () => {
  const { server, say } = await start(({ say }) => {
    say('half an');
    fail('The model broke off.');
  });
  const sent = await readAll(await server.post('session-1', prompt));
  expect(sent.at(-1)).toMatchObject({
    kind: 'task-status',
    data: { status: 'failed', taskId: 'task-1', message: 'The model broke off.' },
  });
  expect(sent.filter(({ kind }) => kind === 'error')).toEqual([]);
  expect(server.logger.lines).toMatchObject([
    { level: 'error', code: 'AGENT_FAILED', error: { message: 'The model broke off.' } },
  ]);
  expect(await say()).toContain('task-status');
});

it.each(failures)(
  'answers %s of the agent’s own load with %i, without the keys of the table, even if it loads late: %s',
  async (code, status, loadsLate) => {
    const load = async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      throw new AgentStoreError(code, 'Cannot read agent#stand-in / context#session-1.');
    };
    const { server } = await start(({ say }) => say('hello'), {}, { load }, loadsLate);
    const response = await server.post('session-1', prompt);
    const body = await response.text();
    expect([response.status, JSON.parse(body)]).toMatchObject([status, { error: { code } }]);
    expect(body).not.toContain('context#');
    expect(server.logger.lines).toMatchObject([
      { status, code, error: { cause: { message: 'Cannot read agent#stand-in / context#session-1.' } } },
    ]);
  },
);

it('answers a failed load with one event of the stream for callers that see no status', async () => {
  const load = () => Promise.reject(new AgentStoreError('UNAVAILABLE', 'No answer.'));
  const { server } = await start(() => {}, { errors: 'events' }, { load });
  const response = await server.post('session-1', prompt);
  expect(response.status).toBe(200);
  expect(await readAll(response)).toMatchObject([{ kind: 'error', data: { code: 'UNAVAILABLE' } }]);
});

it('adds the code to the agent’s own last event if the store fails later', async () => {
  const broken: Partial<AgentStore> = {};
  const { server } = await start(
    ({ say }) => {
      say('hello');
      broken.save = () => Promise.reject(new AgentStoreError('TOO_LARGE', 'It has 5 MB.'));
    },
    {},
    broken,
  );
  const sent = await readAll(await server.post('session-1', prompt));
  expect(sent.at(-1)).toMatchObject({
    kind: 'task-status',
    data: { status: 'failed', taskId: 'task-1', message: 'It has 5 MB.', code: 'TOO_LARGE' },
  });
  expect(server.logger.lines.at(-1)).toMatchObject({ code: 'TOO_LARGE' });
});

it('takes no failure of the model for one of the store', async () => {
  const { server } = await start(() => fail('The model is overloaded.'));
  const sent = await readAll(await server.post('session-1', prompt));
  expect(sent.at(-1)?.data).not.toHaveProperty('code');
  expect(server.logger.lines.at(-1)).toMatchObject({ code: 'AGENT_FAILED' });
});

it('stops a model that listens to the signal of its turn', async () => {
  const ended: unknown[] = [];
  const { server } = await start(async ({ say }) => {
    say('hello');
    const signal = getRequestContext()?.signal;
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    ended.push(signal?.reason);
    signal?.throwIfAborted();
  });
  const stream = await server.post('session-1', prompt);
  expect(await (await server.post('session-1', { type: 'cancel' })).json()).toEqual({ cancelled: true });
  await vi.waitFor(() => expect(ended).toMatchObject([{ code: 'CANCELLED' }]));
  expect((await readAll(stream)).at(-1)).toMatchObject({ kind: 'error', data: { code: 'CANCELLED' } });
});

it('frees the session of a stopped turn for a new agent, although the old one goes on and saves late', async () => {
  let finish = () => {};
  const { server, agentsMade, say } = await start(({ message, say }) => {
    say('hello');
    return message === 'stay' ? new Promise<void>((resolve) => (finish = resolve)) : undefined;
  });
  const stream = await server.post('session-1', { prompt: 'stay' });
  await server.post('session-1', { type: 'cancel' });
  await stream.text();
  expect(agentsMade[0]?.state.status).toBe('busy');
  expect(await say()).toEqual(wholeTurn);
  finish();
  await vi.waitFor(() => expect(agentsMade[0]?.state.error).toMatchObject({ code: 'CONFLICT' }));
  expect(await (await server.post('session-1', { type: 'status' })).json()).toMatchObject({
    status: 'idle',
    turnCount: 1,
  });
});

it('lets a stopped agent save nothing any more, although nobody has run the session since', async () => {
  let finish = () => {};
  const { server, agentsMade, say } = await start(({ message, say }) => {
    say('hello');
    return message === 'stay' ? new Promise<void>((resolve) => (finish = resolve)) : undefined;
  });
  const stream = await server.post('session-1', { prompt: 'stay' });
  await server.post('session-1', { type: 'cancel' });
  await stream.text();
  finish();
  await vi.waitFor(() => expect(agentsMade[0]?.state.error).toMatchObject({ code: 'CONFLICT' }));
  expect(await (await server.post('session-1', { type: 'status' })).json()).toMatchObject({
    status: 'busy',
    turnCount: 0,
  });
  expect(await say()).toEqual(wholeTurn);
});
