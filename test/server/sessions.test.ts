import { AsyncResource } from 'node:async_hooks';
import { Subject, throwError } from 'rxjs';
import { expect, it, vi } from 'vitest';
import type { AgentEvent } from '../../src/domain/agent.js';
import type { AgentState } from '../../src/domain/agent-state.js';
import { AgentStoreError } from '../../src/domain/errors.js';
import { getRequestContext } from '../../src/index.js';
import { ask, createState, echo, event, events, FakeAgent, pendingInput, type Script } from './fake-agent.js';
import { FakeStore, readAll, readKinds, startServer, type TestServer } from './harness.js';

const say = async (server: TestServer, session: string) =>
  readKinds(await server.post(session, { prompt: 'hi' }));
const shutdowns = (server: TestServer) =>
  server.agents.map(({ contextId, shutdowns }) => [contextId, shutdowns]);

it('makes one agent however many requests race for its session', async () => {
  const server = await startServer();
  const responses = await Promise.all(
    Array.from({ length: 20 }, () => server.post('session-1', { prompt: 'hi' })),
  );
  await Promise.all(responses.map((response) => response.text()));
  expect(responses.some(({ status }) => status === 200)).toBe(true);
  expect(responses.every(({ status }) => status === 200 || status === 409)).toBe(true);
  expect(server.agents).toHaveLength(1);
});

it('keeps nothing of a session whose agent could not be made', async () => {
  let calls = 0;
  const server = await startServer({
    agent: async (contextId) => {
      if (calls++ === 0) throw new Error('no database at mongodb://user:password@host');
      return new FakeAgent(contextId);
    },
  });
  const response = await server.post('session-1', { prompt: 'hi' });
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({
    error: { code: 'AGENT_FAILED', message: 'The agent failed. The log says why.' },
  });
  expect((await server.get('session-1')).status).toBe(404);
  expect((await server.health()).status).toBe('Healthy');
  expect(await say(server, 'session-1')).toContain('task-complete');
});

it('shuts down the idle agent that was used least recently when there are too many', async () => {
  const server = await startServer({ maxSessions: 2 });
  for (const session of ['a', 'b', 'a', 'c']) await say(server, session);
  await vi.waitFor(() => {
    expect(shutdowns(server)).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 0],
    ]);
  });
});

it('shuts an idle agent down as soon as the session of another one begins', async () => {
  const subject = new Subject<AgentEvent>();
  const script: Script = (turn) => (turn.message === 'wait' ? subject : echo(turn));
  const server = await startServer({ maxSessions: 1, script });
  await say(server, 'a');
  const response = await server.post('b', { prompt: 'wait' });
  await vi.waitFor(() => {
    expect(shutdowns(server)).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
  });
  subject.complete();
  await readAll(response);
});

it('keeps every running session, however many there are', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ maxSessions: 1, script: () => subject });
  const responses = await Promise.all(
    ['a', 'b', 'c'].map((session) => server.post(session, { prompt: 'hi' })),
  );
  expect(shutdowns(server).map(([, count]) => count)).toEqual([0, 0, 0]);
  subject.complete();
  expect(await Promise.all(responses.map(readKinds))).toEqual(Array(3).fill(['task-complete']));
  await vi.waitFor(() => expect(shutdowns(server).filter(([, count]) => count === 1)).toHaveLength(2));
});

it('shuts down an agent that has been idle for long', async () => {
  const server = await startServer({ idleSeconds: 0.01 });
  await say(server, 'session-1');
  await vi.waitFor(() => expect(shutdowns(server)).toEqual([['session-1', 1]]));
  await say(server, 'session-1');
  expect(server.agents).toHaveLength(2);
});

it('keeps a running session, however long others are idle', async () => {
  const subject = new Subject<AgentEvent>();
  const script: Script = (turn) => (turn.agent.contextId === 'running' ? subject : echo(turn));
  const server = await startServer({ idleSeconds: 0.01, script });
  await server.post('running', { prompt: 'hi' });
  await say(server, 'idle');
  await vi.waitFor(() => expect(shutdowns(server)).toContainEqual(['idle', 1]));
  expect((await server.post('running', { prompt: 'hi' })).status).toBe(409);
  subject.complete();
});

it('waits with the next agent of a session until the last one is shut down', async () => {
  let finish = () => {};
  const hanging = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
  const made: string[] = [];
  const server = await startServer({
    maxSessions: 1,
    agent: async (contextId) => {
      const agent = new FakeAgent(contextId);
      return made.push(contextId) === 1 ? Object.assign(agent, { shutdown: hanging }) : agent;
    },
  });
  await say(server, 'a');
  await say(server, 'b');
  const again = say(server, 'a');
  await vi.waitFor(async () => expect((await server.health()).status).toBe('HealthyBusy'));
  expect(made).toEqual(['a', 'b']);
  expect(hanging).toHaveBeenCalledOnce();
  finish();
  expect(await again).toContain('task-complete');
  expect(made).toEqual(['a', 'b', 'a']);
});

it('goes on where an agent cannot be shut down', async () => {
  const server = await startServer({
    maxSessions: 1,
    agent: async (contextId) =>
      Object.assign(new FakeAgent(contextId), { shutdown: () => Promise.reject(new Error('no store')) }),
  });
  for (const session of ['a', 'b', 'a']) expect(await say(server, session)).toContain('task-complete');
  expect(server.logger.lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      sessionId: 'a',
      error: expect.objectContaining({ message: 'no store' }),
    }),
  );
});

it.each<[string, Partial<AgentState>]>([
  ['waits for an answer', { pendingToolInputs: [pendingInput] }],
  ['waits, whatever for', { status: 'waiting-auth' }],
  ['was shut down already', { status: 'shutdown' }],
])('does not shut down an agent that %s', async (_, changes) => {
  const script: Script = ({ agent }) => events(agent, [event('task-complete')], changes);
  const server = await startServer({ script });
  await say(server, 'session-1');
  await server.close();
  expect(shutdowns(server)).toEqual([['session-1', 0]]);
});

it('drops an agent that waits for an answer without shutting it down', async () => {
  const server = await startServer({ maxSessions: 1, script: ask });
  await say(server, 'a');
  await say(server, 'b');
  await server.close();
  expect(shutdowns(server)).toEqual([
    ['a', 0],
    ['b', 0],
  ]);
});

it.each([
  ['another process has had a turn', createState({ turnCount: 5 })],
  ['another process has a turn', createState({ turnCount: 1, status: 'busy' })],
  ['another process has asked a question', createState({ turnCount: 1, pendingToolInputs: [pendingInput] })],
  ['the state was deleted', null],
])('drops an agent without shutting it down where %s', async (_, stored) => {
  const agentStore = new FakeStore();
  const server = await startServer({ agentStore });
  await say(server, 'session-1');
  if (stored !== null) agentStore.states.set('session-1', stored);
  await server.close();
  expect(shutdowns(server)).toEqual([['session-1', 0]]);
});

it('shuts an agent down where the stored state is the one it left', async () => {
  const agentStore = new FakeStore();
  const server = await startServer({ agentStore });
  await say(server, 'session-1');
  agentStore.states.set('session-1', createState({ turnCount: 1 }));
  await server.close();
  expect(shutdowns(server)).toEqual([['session-1', 1]]);
});

const conflict = new AgentStoreError('CONFLICT', 'Somebody else has saved "session-1".');
const failing: [string, Script][] = [
  ['its stream fails', () => throwError(() => new Error('failed'))],
  ['the store finds a conflict', () => throwError(() => conflict)],
  ['its state is an error', ({ agent }) => events(agent, [event('task-complete')], { status: 'error' })],
  [
    'its last event says so',
    ({ agent }) => events(agent, [event('content-delta'), event('task-status', { status: 'failed' })]),
  ],
];
it.each(failing)('builds a fresh agent after a turn that failed because %s', async (_, fail) => {
  const server = await startServer({ script: (turn) => (turn.message === 'fail' ? fail(turn) : echo(turn)) });
  await readAll(await server.post('session-1', { prompt: 'fail' }));
  expect(await say(server, 'session-1')).toContain('task-complete');
  expect(server.agents.map(({ turns, shutdowns }) => [turns.length, shutdowns])).toEqual([
    [1, 0],
    [1, 0],
  ]);
});

const stale: [string, Script][] = [
  ['rejects', () => Promise.reject(new Error('stale'))],
  ['fails at once', () => throwError(() => conflict)],
  [
    'says that it failed',
    ({ agent }) => events(agent, [event('task-created'), event('task-status', { status: 'failed' })]),
  ],
  ['ends as an error', ({ agent }) => events(agent, [event('task-created')], { status: 'error' })],
];
it.each(stale)('tries once more on a fresh agent where the start of a cached one %s', async (_, fail) => {
  const agentStore = new FakeStore();
  const server = await startServer({
    agentStore,
    script: (turn) => (turn.agent.turns.length === 2 ? fail(turn) : echo(turn)),
  });
  await say(server, 'session-1');
  agentStore.states.set('session-1', createState({ turnCount: 7 }));
  const sent = await readAll(await server.post('session-1', { prompt: 'again' }));
  expect(sent.map(({ id, kind }) => [id, kind])).toEqual([
    [expect.stringMatching(/:1$/), 'task-created'],
    [expect.stringMatching(/:2$/), 'content-delta'],
    [expect.stringMatching(/:3$/), 'content-delta'],
    [expect.stringMatching(/:4$/), 'task-complete'],
  ]);
  expect(server.agents.map(({ turns, shutdowns }) => [turns.length, shutdowns])).toEqual([
    [2, 0],
    [1, 0],
  ]);
});

it('shows the request no more to what the replaced agent has started', async () => {
  const agentStore = new FakeStore();
  const running = new Subject<AgentEvent>();
  const looks: (() => unknown)[] = [];
  const server = await startServer({
    agentStore,
    script: (turn) => {
      if (turn.message === 'hi') return echo(turn);
      looks.push(AsyncResource.bind(() => getRequestContext()?.sessionId));
      return turn.agent.turns.length === 2 ? throwError(() => conflict) : running;
    },
  });
  await say(server, 'session-1');
  agentStore.states.set('session-1', createState({ turnCount: 7 }));
  const response = await server.post('session-1', { prompt: 'again' });
  await vi.waitFor(() => expect(looks).toHaveLength(2));
  expect(looks.map((look) => look())).toEqual([undefined, 'session-1']);
  running.complete();
  await readAll(response);
});

it('does not repeat what an agent has already done', async () => {
  const server = await startServer({
    script: (turn) =>
      turn.agent.turns.length === 2
        ? events(turn.agent, [event('tool-start'), event('task-status', { status: 'failed' })])
        : echo(turn),
  });
  await say(server, 'session-1');
  expect(await say(server, 'session-1')).toEqual(['tool-start', 'task-status']);
  expect(server.agents).toHaveLength(1);
});

it('reports the failure of the second try', async () => {
  let made = 0;
  const agentStore = new FakeStore();
  const server = await startServer({
    agentStore,
    agent: async (contextId) => {
      if (made++ > 0) throw new Error('no second agent');
      return new FakeAgent(contextId, (turn) =>
        turn.agent.turns.length === 2 ? throwError(() => conflict) : echo(turn),
      );
    },
  });
  await say(server, 'session-1');
  agentStore.states.set('session-1', createState({ turnCount: 7 }));
  const response = await server.post('session-1', { prompt: 'again' });
  expect([response.status, await response.json()]).toMatchObject([500, { error: { code: 'AGENT_FAILED' } }]);
  expect(server.logger.lines.at(-1)).toMatchObject({ error: { message: 'no second agent' } });
  expect((await server.health()).status).toBe('Healthy');
});

it('looks at a running session through peek, and touches neither turn nor agent', async () => {
  const subject = new Subject<AgentEvent>();
  const agentStore = new FakeStore();
  const server = await startServer({ agentStore, script: () => subject });
  const response = await server.post('session-1', { prompt: 'hi' });
  agentStore.states.set('session-1', createState({ status: 'busy' }));
  expect(await (await server.get('session-1')).json()).toMatchObject({ status: 'busy' });
  expect(agentStore.calls).toEqual(['peek session-1']);
  subject.complete();
  expect(await readKinds(response)).toEqual(['task-complete']);
});

it('never loads from a store that cannot peek while a turn runs', async () => {
  const subject = new Subject<AgentEvent>();
  const load = vi.fn(async () => createState({ turnCount: 7 }));
  const server = await startServer({ agentStore: { load }, script: () => subject });
  const response = await server.post('session-1', { prompt: 'hi' });
  expect(await (await server.get('session-1')).json()).toMatchObject({ turnCount: 0 });
  expect(load).not.toHaveBeenCalled();
  subject.complete();
  await response.text();
});

it('drops the idle agent after a load from a store that cannot peek, and lets no turn start meanwhile', async () => {
  let finish = (_: null) => {};
  const load = vi.fn(() => new Promise<null>((resolve) => (finish = resolve)));
  const server = await startServer({ agentStore: { load } });
  await say(server, 'session-1');
  const looking = server.get('session-1');
  await vi.waitFor(() => expect(load).toHaveBeenCalledOnce());
  const next = say(server, 'session-1');
  await vi.waitFor(async () => expect((await server.health()).status).toBe('HealthyBusy'));
  expect(server.agents).toHaveLength(1);
  finish(null);
  expect((await looking).status).toBe(200);
  expect(await next).toContain('task-complete');
  expect(shutdowns(server)).toEqual([
    ['session-1', 0],
    ['session-1', 0],
  ]);
});

it('resumes on a fresh agent after a load from a store that cannot peek', async () => {
  const load = vi.fn(async () => createState({ pendingToolInputs: [pendingInput] }));
  const server = await startServer({ agentStore: { load } });
  await say(server, 'session-1');
  const response = await server.post('session-1', { inputs: [{ inputId: 'input-1', value: 1 }] });
  expect(await readKinds(response)).toContain('task-complete');
  expect(shutdowns(server)).toEqual([
    ['session-1', 0],
    ['session-1', 0],
  ]);
});

it('answers the state of the live agent while there is none in the store', async () => {
  const server = await startServer({ agentStore: new FakeStore() });
  await say(server, 'session-1');
  expect(await (await server.get('session-1')).json()).toMatchObject({ turnCount: 1 });
});

it('gives an answer to a new agent if there is no store and the live agent has not asked', async () => {
  const server = await startServer();
  await say(server, 'session-1');
  const response = await server.post('session-1', { inputs: [{ inputId: 'i' }] });
  expect(await readKinds(response)).toContain('task-complete');
  expect(server.agents.map(({ turns }) => turns.length)).toEqual([1, 1]);
});

it.each([
  ['UNAVAILABLE', 503],
  ['INVALID_KEY', 400],
  ['CORRUPTED', 500],
] as const)('answers a failure of the store %s as %i', async (code, status) => {
  const peek = () => Promise.reject(new AgentStoreError(code, 'Could not load.'));
  const server = await startServer({ agentStore: { load: peek, peek } });
  const responses = await Promise.all([server.get('a'), server.post('a', { inputs: [{ inputId: 'i' }] })]);
  expect(responses.map((response) => response.status)).toEqual([status, status]);
  expect(await responses[0].json()).toEqual({ error: { code, message: 'Could not load.' } });
});

it('closes once its agents have been shut down, and not before', async () => {
  const server = await startServer();
  await readAll(await server.post('session-1', { prompt: 'a' }));
  const shutdown = vi.fn(async () => {
    expect((await server.health()).status).toBe('Healthy');
  });
  for (const agent of server.agents) agent.shutdown = shutdown;
  await server.close();
  await expect(shutdown.mock.results[0]?.value).resolves.toBeUndefined();
});
