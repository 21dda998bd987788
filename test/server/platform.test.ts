import { concat, EMPTY, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { AgentEvent } from '../../src/domain/agent.js';
import { createApp } from '../../src/hono.js';
import { getRequestContext, type RequestContext, trackTask } from '../../src/index.js';
import { Activity } from '../../src/server/sessions/activity.js';
import { echo, event, events, FakeAgent, type FakeTurn, type Script } from './fake-agent.js';
import { readAll, readKinds, sessionHeader, startServer } from './harness.js';

const prompt = { prompt: 'hi' };

it('says in Unix seconds when the status last changed, and changes it with the status only', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_900 });
  try {
    const activity = new Activity();
    // A copy of a snapshot begins when it is restored, which nothing tells: until it is asked something, it begins with each ping.
    vi.setSystemTime(900_000);
    expect(activity.health()).toEqual({ status: 'Healthy', time_of_last_update: 900 });
    vi.setSystemTime(1_000_900);
    expect(activity.health()).toEqual({ status: 'Healthy', time_of_last_update: 1_000 });
    activity.note();
    activity.note();
    vi.setSystemTime(1_005_000);
    expect(activity.health()).toEqual({ status: 'Healthy', time_of_last_update: 1_000 });
    activity.begin();
    vi.setSystemTime(1_006_000);
    activity.begin();
    activity.end();
    expect(activity.health()).toEqual({ status: 'HealthyBusy', time_of_last_update: 1_005 });
    activity.end();
    vi.setSystemTime(1_007_000);
    expect(activity.health()).toEqual({ status: 'Healthy', time_of_last_update: 1_006 });
  } finally {
    vi.useRealTimers();
  }
});

it('is busy while tracked work goes on beyond its turn, whether that ends well or not', async () => {
  const work = [new Subject<void>(), new Subject<void>()];
  const server = await startServer({
    script: (turn) => {
      for (const subject of work) trackTask(subject.forEach(() => {}));
      return echo(turn);
    },
  });
  await readAll(await server.post('session-1', prompt));
  expect((await server.health()).status).toBe('HealthyBusy');
  work[0]?.error(new Error('disk full'));
  expect((await server.health()).status).toBe('HealthyBusy');
  work[1]?.complete();
  await vi.waitFor(async () => expect((await server.health()).status).toBe('Healthy'));
  expect(server.logger.lines).toContainEqual(
    expect.objectContaining({ level: 'error', error: expect.objectContaining({ message: 'disk full' }) }),
  );
});

it('tracks work from outside a turn through the server, and refuses to guess which server is meant', async () => {
  const subject = new Subject<void>();
  const server = await startServer();
  expect(() => trackTask(Promise.resolve())).toThrow('outside a turn');
  server.trackTask(subject.forEach(() => {}));
  expect((await server.health()).status).toBe('HealthyBusy');
  subject.complete();
  await vi.waitFor(async () => expect((await server.health()).status).toBe('Healthy'));
});

it('answers pings with 503 until it is ready', async () => {
  let become = () => {};
  const server = await startServer({ ready: () => new Promise<void>((resolve) => (become = resolve)) });
  const ping = await server.get(null, '/ping');
  expect([ping.status, await ping.json()]).toMatchObject([503, { error: { code: 'NOT_READY' } }]);
  become();
  await vi.waitFor(async () => expect((await server.get(null, '/ping')).status).toBe(200));
});

it('stays not ready, and says why, where it cannot become ready', async () => {
  const server = await startServer({ ready: () => Promise.reject(new Error('no table')) });
  await vi.waitFor(() =>
    expect(server.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'error', error: expect.objectContaining({ message: 'no table' }) }),
    ),
  );
  expect((await server.get(null, '/ping')).status).toBe(503);
});

it('lets everything that a turn awaits see its request, and nothing of another', async () => {
  const seen: (RequestContext | undefined)[] = [];
  const server = await startServer({
    agent: async (contextId, context) => {
      seen.push(context, getRequestContext());
      return new FakeAgent(contextId, ({ agent }) => {
        queueMicrotask(() => seen.push(getRequestContext()));
        const source = new Subject<AgentEvent>();
        setImmediate(() => {
          seen.push(getRequestContext());
          source.next(event('content-delta'));
          source.complete();
        });
        return agent.turns.length === 1 ? source : events(agent, [event('task-complete')]);
      });
    },
    decodeAuthorization: async (header) => ({ subject: header.slice('Bearer '.length) }),
  });
  const headers = {
    authorization: 'Bearer user-1',
    'x-amzn-requestid': 'request-1',
    'X-Amz-Bedrock-AgentCore-Identity-WAT': 'identity-token',
    WorkloadAccessToken: 'second token',
    OAuth2CallbackUrl: 'https://example.com/callback',
    'X-Amzn-Bedrock-AgentCore-Runtime-User-Id': 'user-1',
    traceparent: '00-1-2-01',
    tracestate: 'a=b',
    baggage: 'c=d',
    'X-Amzn-Bedrock-AgentCore-Runtime-Custom-Tenant': 'tenant-1',
    'X-Anything': 'else',
  };
  await readAll(await server.post('session-1', prompt, { headers }));
  expect(seen).toHaveLength(4);
  for (const context of seen) {
    expect(context).toEqual({
      sessionId: 'session-1',
      requestId: 'request-1',
      authContext: { subject: 'user-1' },
      identityToken: 'identity-token',
      oauthCallbackUrl: 'https://example.com/callback',
      userId: 'user-1',
      traceparent: '00-1-2-01',
      tracestate: 'a=b',
      baggage: 'c=d',
      headers: expect.objectContaining({
        authorization: 'Bearer user-1',
        'x-amzn-bedrock-agentcore-runtime-custom-tenant': 'tenant-1',
        'x-anything': 'else',
      }),
    });
    expect(JSON.stringify(context?.headers)).not.toMatch(/token|session-1|traceparent/);
  }
  expect(getRequestContext()).toBeUndefined();
});

/** A session's agent whose factory starts a loop, as for a queue; and what `getRequestContext()` last said in it. */
async function startLooping(script: Script) {
  const seen: (RequestContext | undefined)[] = [];
  const server = await startServer({
    agent: async (contextId) => {
      const index = seen.push(undefined) - 1;
      const timer = setInterval(() => {
        seen[index] = getRequestContext();
      }, 1);
      onTestFinished(() => clearInterval(timer));
      return new FakeAgent(contextId, script);
    },
  });
  const post = (user: string, body: object = prompt) =>
    server.post('session-1', body, { headers: { 'x-amzn-bedrock-agentcore-runtime-user-id': user } });
  return { seen, post };
}

it('shows what the factory has started the request of each turn while it runs, and none in between', async () => {
  let subject = new Subject<AgentEvent>();
  const { seen, post } = await startLooping(() => {
    subject = new Subject();
    return subject;
  });
  for (const user of ['first', 'second']) {
    const response = await post(user);
    await vi.waitFor(() => expect(seen[0]?.userId).toBe(user));
    subject.complete();
    await readAll(response);
    await vi.waitFor(() => expect(seen).toEqual([undefined]));
  }
});

it('shows what a stopped agent has started nothing of a later caller, and no secret', async () => {
  const { seen, post } = await startLooping(() => NEVER);
  const stopped = await post('first');
  await vi.waitFor(() => expect(seen[0]?.userId).toBe('first'));
  await post('first', { type: 'cancel' });
  await stopped.text();
  const running = await post('second');
  await vi.waitFor(() => expect(seen[1]?.userId).toBe('second'));
  await vi.waitFor(() => expect(seen[0]).not.toHaveProperty('userId'));
  expect([seen[0]?.headers, seen[0]?.signal.aborted]).toEqual([{}, true]);
  await post('second', { type: 'cancel' });
  await running.text();
});

it('aborts the signal of a stopped turn first, then leaves the agent, and both before the answer', async () => {
  const order: string[] = [];
  const server = await startServer({
    script: () =>
      new Observable<AgentEvent>(() => {
        const signal = getRequestContext()?.signal;
        signal?.addEventListener('abort', () => order.push(`aborted: ${signal.reason.message}`));
        return () => order.push('unsubscribed');
      }),
  });
  const stream = await server.post('session-1', prompt);
  await server.post('session-1', { type: 'cancel' });
  order.push('answered');
  expect(order).toEqual(['aborted: The turn was cancelled.', 'unsubscribed', 'answered']);
  await stream.text();
});

it('says to whoever asks late that the turn was stopped, and that no other was', async () => {
  const contexts: RequestContext[] = [];
  const server = await startServer({
    agent: async (contextId, context) => {
      contexts.push(context);
      return new FakeAgent(contextId, ({ message }) => (message === 'stay' ? NEVER : EMPTY));
    },
  });
  const stream = await server.post('session-1', { prompt: 'stay' });
  await server.post('session-1', { type: 'cancel' });
  await stream.text();
  await readAll(await server.post('session-1', prompt));
  expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, false]);
});

const fail = () => {
  throw new Error('boom');
};
const withThen = (descriptor: PropertyDescriptor) => Object.defineProperty({}, 'then', descriptor);
it.each<[string, unknown]>([
  ['undefined', undefined],
  ['a number', 7],
  ['something with a method "then"', withThen({ value: (done: () => void) => setImmediate(done) })],
  ['something whose method "then" throws', withThen({ value: fail })],
  ['something whose method "then" cannot be read', withThen({ get: fail })],
])('tracks %s like a promise, and is free again', async (_, task) => {
  const server = await startServer({
    script: (turn) => {
      Reflect.apply(trackTask, undefined, [task]);
      return echo(turn);
    },
  });
  expect(await readKinds(await server.post('session-1', prompt))).toContain('task-complete');
  Reflect.apply(server.trackTask, undefined, [task]);
  await vi.waitFor(async () => expect((await server.health()).status).toBe('Healthy'));
});

it.each([
  ['idle', { idleSeconds: 0.01 }],
  ['one of too many', { maxSessions: 1 }],
])('shuts down an agent that is %s on behalf of nobody', async (_, config) => {
  const seen: unknown[] = [];
  const server = await startServer({
    ...config,
    agent: async (contextId) =>
      Object.assign(new FakeAgent(contextId), { shutdown: async () => void seen.push(getRequestContext()) }),
  });
  await readAll(await server.post('a', prompt));
  await readAll(await server.post('b', prompt));
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0));
  expect(seen[0]).toBeUndefined();
});

it('finds the identity token and the request id under their other names, and makes a request id where there is none', async () => {
  const seen: RequestContext[] = [];
  const server = await startServer({
    agent: async (contextId, context) => {
      seen.push(context);
      return new FakeAgent(contextId);
    },
  });
  const headers = {
    WorkloadAccessToken: 'identity-token',
    'X-Amzn-Bedrock-AgentCore-Runtime-Request-Id': 'request-1',
  };
  await readAll(await server.post('a', prompt, { headers }));
  await readAll(await server.post('b', prompt));
  expect(seen[0]).toMatchObject({ identityToken: 'identity-token', requestId: 'request-1' });
  expect(seen[1]?.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(seen[1]?.identityToken).toBeUndefined();
});

it('takes all the headers that the platform lets through', async () => {
  const server = await startServer();
  const headers = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`x-${index}`, 'x'.repeat(4_096)]),
  );
  expect((await server.post('session-1', prompt, { headers })).status).toBe(200);
});

it('lets a caller use only the sessions it may use', async () => {
  const authorize = vi.fn((authContext: { user: string }, contextId: string) => {
    if (authContext.user === 'broken') throw new Error('no directory');
    return contextId.startsWith(authContext.user);
  });
  const decodeAuthorization = async (header: string) => ({ user: header });
  const server = await startServer({ authorize, decodeAuthorization });
  const headers = (authorization: string) => ({ headers: { authorization } });
  expect((await server.post('a-1', prompt, headers('a'))).status).toBe(200);
  for (const body of [
    prompt,
    { type: 'cancel' },
    { type: 'status' },
    { inputs: [{ inputId: 'i', value: 1 }] },
  ]) {
    expect((await server.post('a-1', body, headers('b'))).status).toBe(403);
  }
  expect(
    (await fetch(`${server.url}/invocations`, { headers: { authorization: 'b', [sessionHeader]: 'a-1' } }))
      .status,
  ).toBe(403);
  expect((await server.post('broken-1', prompt, headers('broken'))).status).toBe(403);
  expect(server.agents).toHaveLength(1);
  expect(server.logger.lines.at(-1)).toMatchObject({
    status: 403,
    error: { cause: { message: 'no directory' } },
  });
});

it('allows nothing that is not plainly allowed', async () => {
  const yes = vi.fn<() => Promise<boolean>>();
  const server = await startServer({ authorize: yes });
  yes.mockResolvedValueOnce(false);
  expect((await server.post('a', prompt)).status).toBe(403);
  yes.mockImplementationOnce(() => Promise.resolve(Object.create(null)));
  expect((await server.post('a', prompt)).status).toBe(403);
});

it('logs one line for each request but pings, with its session', async () => {
  const server = await startServer();
  await readAll(await server.post('a', prompt));
  await server.get('a');
  await server.get('b');
  await server.get(null, '/ping');
  await server.get(null, '/elsewhere');
  await server.post('a', { type: 'cancel' });
  const common = { message: 'request', requestId: expect.any(String), durationMs: expect.any(Number) };
  expect(server.logger.lines).toMatchObject([
    { ...common, level: 'info', sessionId: 'a', method: 'POST', path: '/invocations', status: 200 },
    { ...common, level: 'info', sessionId: 'a', method: 'GET', path: '/invocations', status: 200 },
    {
      ...common,
      level: 'warn',
      sessionId: 'b',
      method: 'GET',
      path: '/invocations',
      status: 404,
      code: 'NOT_FOUND',
    },
    { level: 'warn', method: 'GET', path: '/elsewhere', status: 404 },
    { ...common, level: 'info', sessionId: 'a', method: 'POST', status: 200 },
  ]);
});

it('logs what went wrong in a turn, and where', async () => {
  const server = await startServer({
    script: () => Promise.reject(new Error('boom', { cause: new TypeError('deep') })),
  });
  await server.post('a', prompt);
  expect(server.logger.lines).toMatchObject([
    {
      level: 'error',
      status: 500,
      code: 'AGENT_FAILED',
      error: {
        type: 'Error',
        message: 'boom',
        stack: expect.stringContaining('platform.test.ts'),
        cause: { message: 'deep' },
      },
    },
  ]);
});

it('keeps bodies, tokens and credentials out of logs and errors, also where an agent quotes them', async () => {
  const quote = ({ message, options }: FakeTurn) => {
    const { headers, identityToken } = getRequestContext() ?? {};
    return new Error(
      `Cannot use ${headers?.authorization}, ${identityToken}, ${message}, ${JSON.stringify(options)}.`,
    );
  };
  const server = await startServer({
    script: (turn) =>
      turn.message === null
        ? Promise.reject(quote(turn))
        : concat(
            of(event('content-delta')),
            throwError(() => quote(turn)),
          ),
  });
  const headers = { authorization: 'Bearer the-bearer-token', WorkloadAccessToken: 'the-identity-token' };
  const credentials = [{ authId: 'a', credential: 'the-credential' }];
  const bodies = [
    { prompt: 'the prompt\nin two lines', metadata: { a: ['the metadata\nwith two lines'] } },
    { inputs: [{ inputId: 'i', value: { short: 'the answer', long: 'the answer and more' } }], credentials },
    '{"prompt":"the prompt",}',
    { prompt: ['the prompt'] },
  ];
  const told: string[] = [];
  for (const body of bodies)
    told.push(await (await server.post(`session-${told.length}`, body, { headers })).text());
  expect(told[0]).toContain('Cannot use [redacted]');
  const log = JSON.stringify(server.logger.lines);
  expect(log.match(/Cannot use \[redacted\]/g)?.length).toBeGreaterThanOrEqual(2);
  for (const text of [...told, log]) {
    expect(text).not.toMatch(
      /the-bearer-token|the-identity-token|the-credential|the prompt|two lines|the answer|and more|the metadata/,
    );
  }
});

it('needs no logger where there is no socket', async () => {
  const app = createApp({ agent: async (contextId) => new FakeAgent(contextId) });
  const response = await app.request('/invocations', { method: 'POST', body: JSON.stringify(prompt) });
  expect(await readKinds(response)).toContain('task-complete');
});
