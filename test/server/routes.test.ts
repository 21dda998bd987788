import { concat, defer, EMPTY, Subject } from 'rxjs';
import { expect, it } from 'vitest';
import type { AgentEvent } from '../../src/domain/agent.js';
import { createApp } from '../../src/hono.js';
import { createServer, serve } from '../../src/index.js';
import { ask, createState, event, FakeAgent, pendingInput } from './fake-agent.js';
import { FakeStore, readAll, readEvents, readKinds, sessionHeader, startServer } from './harness.js';

it('streams a prompt’s events with their kinds, ids and data', async () => {
  const server = await startServer();
  const response = await server.post('session-1', { prompt: 'hello' });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const sent = await readAll(response);
  const turn = sent[0]?.id.replace(/:1$/, '');
  expect(turn).toMatch(/^[\w-]+$/);
  expect(sent).toEqual([
    { id: `${turn}:1`, kind: 'task-created', data: { taskId: 'task-1' } },
    { id: `${turn}:2`, kind: 'content-delta', data: { taskId: 'task-1', delta: 'You said ' } },
    { id: `${turn}:3`, kind: 'content-delta', data: { taskId: 'task-1', delta: 'hello' } },
    { id: `${turn}:4`, kind: 'task-complete', data: { taskId: 'task-1', content: 'You said hello' } },
  ]);
});

it('sends each event while the turn runs', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject });
  const received = readEvents(await server.post('session-1', { prompt: 'hello' }));
  subject.next(event('content-delta', { delta: 'a' }));
  expect((await received.next()).value?.data.delta).toBe('a');
  subject.next(event('content-delta', { delta: 'b' }));
  expect((await received.next()).value?.data.delta).toBe('b');
  subject.complete();
});

it('keeps one agent for a session, and another for another', async () => {
  const server = await startServer();
  for (const session of ['session-1', 'session-2', 'session-1']) {
    await readAll(await server.post(session, { prompt: 'hello' }));
  }
  expect(server.agents.map((agent) => [agent.contextId, agent.turns.length])).toEqual([
    ['session-1', 2],
    ['session-2', 1],
  ]);
});

it('resumes with the answers to what has been asked, on a new agent if no store tells who has asked last', async () => {
  const server = await startServer({ script: ask });
  expect(await readKinds(await server.post('session-1', { prompt: 'ask' }))).toEqual(['input-required']);
  const inputs = [{ inputId: 'input-1', value: { choice: 2 } }];
  expect(await readKinds(await server.post('session-1', { inputs, metadata: { a: 1 } }))).toEqual([
    'task-complete',
  ]);
  expect(server.agents[1]?.turns[0]).toMatchObject({
    message: null,
    options: { inputs, metadata: { a: 1 } },
  });
});

it('resumes a stored session whatever its status, in a process that has never seen it', async () => {
  const agentStore = new FakeStore();
  agentStore.states.set('session-1', createState({ status: 'error', pendingToolInputs: [pendingInput] }));
  const server = await startServer({ agentStore, script: ask });
  const response = await server.post('session-1', { inputs: [{ inputId: 'i', value: 1 }] });
  expect(await readKinds(response)).toEqual(['task-complete']);
});

it('lets a fresh agent try a resume where there is nothing to decide by', async () => {
  const server = await startServer({ script: ask });
  const response = await server.post('session-1', {
    credentials: [{ authId: 'auth-1', credential: 'secret' }],
  });
  expect(await readKinds(response)).toEqual(['task-complete']);
});

it('answers 409 to a resume of a session that waits for nothing, and 404 where nothing is known of it', async () => {
  const agentStore = new FakeStore();
  agentStore.states.set('session-1', createState());
  const server = await startServer({ agentStore });
  const body = { inputs: [{ inputId: 'i', value: 1 }] };
  const responses = await Promise.all([server.post('session-1', body), server.post('session-2', body)]);
  expect(responses.map(({ status }) => status)).toEqual([409, 404]);
  expect(await responses[0]?.json()).toEqual({
    error: { code: 'NOT_RESUMABLE', message: 'This session waits for no answer.' },
  });
  expect(server.agents).toEqual([]);
});

it('answers the state of a session in its plain form', async () => {
  const agentStore = new FakeStore();
  const state = createState({
    metadata: { count: 10n },
    error: { name: 'E', message: 'm', stack: 'secret' },
  });
  agentStore.states.set('session-1', state);
  const server = await startServer({ agentStore });
  expect(await (await server.get('session-1')).json()).toEqual({
    status: 'idle',
    turnCount: 0,
    lastActivity: '2026-01-02T03:04:05.678Z',
    createdAt: '2026-01-02T03:04:05.678Z',
    metadata: { count: '10' },
    error: { name: 'E', message: 'm' },
  });
  expect(agentStore.calls).toEqual(['peek session-1']);
  expect((await server.get('session-2')).status).toBe(404);
  expect((await server.get(null)).status).toBe(400);
});

it('runs one turn of a session at a time, and others of other sessions meanwhile', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject });
  const [first, second] = await Promise.all([
    server.post('session-1', { prompt: 'a' }),
    server.post('session-1', { prompt: 'b' }),
  ]);
  expect([first.status, second.status].sort()).toEqual([200, 409]);
  expect((await server.post('session-2', { prompt: 'c' })).status).toBe(200);
  expect(server.agents).toHaveLength(2);
  subject.complete();
});

it('is busy while a turn runs, and only then', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject });
  const { status, time_of_last_update } = await server.health();
  expect(status).toBe('Healthy');
  expect(Number.isInteger(time_of_last_update)).toBe(true);
  expect(Math.abs(time_of_last_update - Date.now() / 1000)).toBeLessThan(60);
  const response = await server.post('session-1', { prompt: 'a' });
  expect((await server.health()).status).toBe('HealthyBusy');
  subject.complete();
  await readAll(response);
  expect((await server.health()).status).toBe('Healthy');
});

it('is free for the next turn as soon as the last event of one is sent', async () => {
  const server = await startServer();
  for (let turn = 0; turn < 20; turn++) {
    for await (const { kind } of readEvents(await server.post('session-1', { prompt: 'a' }))) {
      if (kind === 'task-complete') expect((await server.health()).status).toBe('Healthy');
    }
  }
});

it('holds the last event until the turn is over, and sends an error where it went wrong', async () => {
  const server = await startServer({
    script: ({ agent }) => {
      const error = { name: 'Error', message: 'The state could not be saved.', stack: 'at secret.js' };
      const list = [event('content-delta', { delta: 'a' }), event('task-complete')];
      return concat(
        list,
        defer(() => {
          agent.state = createState({ status: 'error', error });
          return EMPTY;
        }),
      );
    },
  });
  const sent = await readAll(await server.post('session-1', { prompt: 'a' }));
  expect(sent.slice(1)).toEqual([
    {
      id: expect.stringMatching(/:2$/),
      kind: 'error',
      data: { code: 'AGENT_FAILED', message: 'The state could not be saved.' },
    },
  ]);
});

it.each([
  ['no JSON', '{"prompt":'],
  ['no object', '"hello"'],
  ['neither prompt nor answers', {}],
  ['an empty prompt', { prompt: '' }],
  ['a prompt that is too long', { prompt: 'x'.repeat(100_001) }],
  ['an unknown type', { type: 'other' }],
  ['no answers', { type: 'resume', inputs: [] }],
  ['too many answers', { inputs: Array.from({ length: 21 }, () => ({ inputId: 'i' })) }],
  ['an id that is too long', { inputs: [{ inputId: 'i'.repeat(257) }] }],
  ['an empty credential', { credentials: [{ authId: 'a', credential: '' }] }],
])('answers 400 to a body with %s', async (_, body) => {
  const server = await startServer();
  const response = await server.post('session-1', body);
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error: { code: 'BAD_REQUEST', message: expect.any(String) } });
  expect((await server.health()).status).toBe('Healthy');
});

it('asks for an authorization only where it is to be decoded, and passes on what it says', async () => {
  const server = await startServer({
    decodeAuthorization: async (header) => {
      if (header === 'Bearer broken') throw new Error('broken');
      return header === 'Bearer good' ? { user: 'u' } : null;
    },
  });
  const statuses: number[] = [];
  for (const authorization of [undefined, 'Bearer bad', 'Bearer broken', 'Bearer good']) {
    const headers = new Headers(authorization === undefined ? [] : { authorization });
    const response = await server.post('session-1', { prompt: 'a' }, { headers });
    statuses.push(response.status);
    await response.text();
  }
  expect(statuses).toEqual([401, 403, 403, 200]);
  expect(server.agents[0]?.turns[0]?.options.authContext).toEqual({ user: 'u' });
});

it('rejects where the port is taken', async () => {
  const { port } = await startServer();
  await expect(startServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

it('stops listening when it is closed, however often', async () => {
  const server = await startServer();
  await readAll(await server.post('session-1', { prompt: 'a' }));
  await Promise.all([server.close(), server.close()]);
  await server.close();
  await expect(server.get('session-1')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  expect(server.agents.map(({ shutdowns }) => shutdowns)).toEqual([1]);
});

it('needs nothing but an agent', async () => {
  const app = createApp({ agent: async (contextId) => new FakeAgent(contextId) });
  const headers = { [sessionHeader]: 'session-1' };
  const body = JSON.stringify({ prompt: 'a' });
  const response = await app.request('/invocations', { method: 'POST', headers, body });
  expect(await readKinds(response)).toHaveLength(4);
  expect((await app.request('/invocations', { headers })).status).toBe(200);
  expect(await (await app.request('/ping')).json()).toMatchObject({ status: 'Healthy' });
  expect((await app.request('/elsewhere')).status).toBe(404);
});

it('refuses options that cannot work', async () => {
  const agent = async (contextId: string) => new FakeAgent(contextId);
  expect(() => createApp({ agent, maxSessions: 0 })).toThrow('"maxSessions"');
  const unknown = { code: 'CONFIGURATION', message: expect.stringContaining('"idleSecond"') };
  const misspelt = Object.assign({ agent }, { idleSecond: 1 });
  expect(() => createApp(misspelt)).toThrow(expect.objectContaining(unknown));
  expect(() => createServer(misspelt)).toThrow(expect.objectContaining(unknown));
  await expect(serve(misspelt)).rejects.toMatchObject(unknown);
  await expect(serve({ agent, port: -1 })).rejects.toMatchObject({ code: 'CONFIGURATION' });
  await expect(serve({ agent, keepAliveSeconds: Number.NaN })).rejects.toThrow('"keepAliveSeconds"');
});
