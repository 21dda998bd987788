import { concat, EMPTY, from, map, NEVER, Observable, of, Subject, throwError, timer } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { AgentEvent, AgentEventStream } from '../../src/domain/agent.js';
import { createApp } from '../../src/hono.js';
import { TurnStream } from '../../src/server/turn/turn-stream.js';
import { echo, event, events, FakeAgent, type Script } from './fake-agent.js';
import { callRaw, readAll, readEvents, readKinds, startServer, type TestServer } from './harness.js';

const prompt = { prompt: 'hi' };

/** A turn that never ends, and whether it was unsubscribed from. */
function createEndless() {
  const unsubscribed = vi.fn();
  const subscribed = vi.fn();
  const script: Script = () =>
    new Observable<AgentEvent>((subscriber) => {
      subscribed();
      subscriber.next(event('content-delta', { delta: 'a' }));
      return unsubscribed;
    });
  return { script, subscribed, unsubscribed };
}

const isHealthy = (server: TestServer) =>
  vi.waitFor(async () => expect((await server.health()).status).toBe('Healthy'));

const misbehaving: [string, Script][] = [
  [
    'throws',
    () => {
      throw new Error('boom');
    },
  ],
  ['rejects', () => Promise.reject(new Error('boom'))],
  ['answers with something that is no stream', () => Object.create(null)],
  [
    'throws on subscription',
    () => ({
      subscribe: () => {
        throw new Error('boom');
      },
    }),
  ],
  ['fails', () => throwError(() => new Error('boom'))],
  ['fails with nothing', () => throwError(() => undefined)],
  ['ends at once without an event', () => EMPTY],
  ['emits on subscription', ({ agent }) => events(agent, [event('task-complete')])],
  ['emits what is no event', () => of(Object.create(null))],
  [
    'completes twice and then fails',
    () =>
      createStream((observer) => {
        observer.complete();
        observer.complete();
        observer.error(new Error('late'));
      }),
  ],
  [
    'emits after completion',
    () =>
      createStream((observer) => {
        observer.complete();
        observer.next(event('content-delta', { delta: 'late' }));
      }),
  ],
  [
    'cannot tell its state',
    ({ agent }) => {
      Object.defineProperty(agent, 'state', {
        get() {
          throw new Error('boom');
        },
      });
      return of(event('task-complete'));
    },
  ],
];

/** A stream that keeps no rule of RxJS. */
function createStream(
  run: (observer: Parameters<AgentEventStream['subscribe']>[0]) => void,
): AgentEventStream {
  return {
    subscribe(observer) {
      run(observer);
      return { unsubscribe: () => observer.next(event('content-delta', { delta: 'unsubscribed' })) };
    },
  };
}

it.each(misbehaving)('ends the turn once, with one last event, of an agent that %s', async (_, script) => {
  const server = await startServer({ script });
  const response = await server.post('session-1', prompt);
  if (response.status === 200)
    expect(await readKinds(response)).toEqual([expect.stringMatching(/^(error|task-complete)$/)]);
  else
    expect(await response.json()).toEqual({ error: { code: 'AGENT_FAILED', message: expect.any(String) } });
  expect((await server.health()).status).toBe('Healthy');
  expect(server.logger.lines.filter(({ message }) => message === 'request')).toHaveLength(1);
});

it('reports an error in the middle of a turn as an event, without a stack', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject });
  const response = await server.post('session-1', prompt);
  subject.next(event('content-delta', { delta: 'a' }));
  subject.next(event('input-required'));
  subject.error(new Error('The model did not answer.'));
  expect((await readAll(response)).slice(1)).toEqual([
    {
      id: expect.stringMatching(/:2$/),
      kind: 'error',
      data: { code: 'AGENT_FAILED', message: 'The model did not answer.' },
    },
  ]);
});

it.each([
  ['the last event', [event('content-delta'), withGetter('task-complete')], ['content-delta']],
  ['an event in the middle', [event('content-delta'), withGetter('content-delta')], ['content-delta']],
  ['the only event', [withGetter('task-complete')], []],
])('reports it as an event where %s cannot be sent', async (_, list, kinds) => {
  const server = await startServer({ script: ({ message }) => (message === 'go' ? of(...list) : EMPTY) });
  for (const session of ['fresh', 'cached']) {
    if (session === 'cached') await readAll(await server.post(session, prompt));
    const sent = await readAll(await server.post(session, { prompt: 'go' }));
    expect(sent.map(({ kind }) => kind)).toEqual([...kinds, 'error']);
    expect(sent.at(-1)?.data).toEqual({ code: 'AGENT_FAILED', message: 'boom' });
    expect(server.logger.lines.at(-1)).toMatchObject({ level: 'error', code: 'AGENT_FAILED' });
  }
});

/** An event that throws when it is looked at. */
function withGetter(kind: string): AgentEvent {
  return Object.defineProperty(event(kind), 'getter', {
    enumerable: true,
    get() {
      throw new Error('boom');
    },
  });
}

it('never sends internal events', async () => {
  const server = await startServer({
    script: ({ agent }) =>
      events(agent, [event('internal:debug'), event('task-complete'), event('internal:end')]),
  });
  expect(await readKinds(await server.post('session-1', prompt))).toEqual(['task-complete']);
});

it('sends what was held when more follows', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject });
  const received = readEvents(await server.post('session-1', prompt));
  subject.next(event('auth-required'));
  subject.next(event('tool-start'));
  expect((await received.next()).value?.kind).toBe('auth-required');
  expect((await received.next()).value?.kind).toBe('tool-start');
  subject.complete();
  expect((await received.next()).value?.kind).toBe('task-complete');
});

it('stops a turn that is cancelled, and answers when it has stopped', async () => {
  const { script, unsubscribed } = createEndless();
  const server = await startServer({ script });
  const response = await server.post('session-1', prompt);
  const answer = await server.post('session-1', { type: 'cancel' });
  expect(unsubscribed).toHaveBeenCalledOnce();
  expect(await answer.json()).toEqual({ cancelled: true });
  expect((await server.health()).status).toBe('Healthy');
  expect((await readAll(response)).at(-1)).toMatchObject({ kind: 'error', data: { code: 'CANCELLED' } });
  expect(await (await server.post('session-1', { type: 'cancel' })).json()).toEqual({ cancelled: false });
});

it('never uses an agent again whose turn was cancelled, and does not shut it down', async () => {
  const { script } = createEndless();
  const server = await startServer({ script: (turn) => (turn.message === 'go' ? echo(turn) : script(turn)) });
  const response = await server.post('session-1', prompt);
  await server.post('session-1', { type: 'cancel' });
  await response.text();
  expect(await readKinds(await server.post('session-1', { prompt: 'go' }))).toContain('task-complete');
  expect(server.agents.map(({ turns, shutdowns }) => [turns.length, shutdowns])).toEqual([
    [1, 0],
    [1, 0],
  ]);
});

it.each([
  ['is starting', () => new Promise<never>(() => {})],
  ['has done nothing yet', () => NEVER],
])('does not try again when a turn is cancelled whose cached agent %s', async (_, script: Script) => {
  const server = await startServer({ script: (turn) => (turn.message === 'go' ? echo(turn) : script(turn)) });
  await readAll(await server.post('session-1', { prompt: 'go' }));
  const waiting = server.post('session-1', prompt);
  await vi.waitFor(() => expect(server.agents[0]?.turns).toHaveLength(2));
  await server.post('session-1', { type: 'cancel' });
  expect(await (await waiting).text()).toContain('CANCELLED');
  expect(server.agents).toHaveLength(1);
  expect(server.logger.lines.filter(({ message }) => message !== 'request')).toEqual([]);
});

const never = () => new Promise<never>(() => {});
it.each([
  ['its agent is never made', { agent: never }],
  ['it never starts', { script: never }],
  ['the store never answers', { agentStore: { load: never, peek: never } }],
])('cancels a turn before its first byte where %s', async (_, config) => {
  const server = await startServer(config);
  const waiting = server.post('session-1', { inputs: [{ inputId: 'i', value: 1 }] });
  await vi.waitFor(async () => expect((await server.health()).status).toBe('HealthyBusy'));
  expect(await (await server.post('session-1', { type: 'cancel' })).json()).toEqual({ cancelled: true });
  const response = await waiting;
  expect([response.status, await response.json()]).toEqual([
    409,
    { error: { code: 'CANCELLED', message: 'The turn was cancelled.' } },
  ]);
  expect((await server.health()).status).toBe('Healthy');
});

it('answers the state while a turn runs', async () => {
  const server = await startServer({ script: () => NEVER });
  await server.post('session-1', prompt);
  const answer = await server.post('session-1', { type: 'status' });
  expect(await answer.json()).toMatchObject({ status: 'idle', createdAt: '2026-01-02T03:04:05.678Z' });
  expect((await server.post('session-2', { type: 'status' })).status).toBe(404);
});

it.each(['cancel', 'status', 'resume'])('answers 400 to a %s without a session id', async (type) => {
  const server = await startServer();
  expect((await server.post(null, { type, inputs: [{ inputId: 'i', value: 1 }] })).status).toBe(400);
});

it('stops a turn whose time is up', async () => {
  const { script, unsubscribed } = createEndless();
  const server = await startServer({ script, turnTimeoutSeconds: 0.02 });
  expect((await readAll(await server.post('session-1', prompt))).at(-1)).toMatchObject({
    kind: 'error',
    data: { code: 'TIMED_OUT' },
  });
  expect(unsubscribed).toHaveBeenCalledOnce();
});

it('leaves no timer of a turn that is over: it would keep the process and the turn', async () => {
  onTestFinished(() => void vi.restoreAllMocks());
  const [set, clear] = [vi.spyOn(globalThis, 'setTimeout'), vi.spyOn(globalThis, 'clearTimeout')];
  const server = await startServer({ turnTimeoutSeconds: 1_234 });
  await readAll(await server.post('session-1', { prompt: 'hi' }));
  const timers = set.mock.calls.flatMap(([, delay], index) =>
    delay === 1_234_000 ? [set.mock.results[index]?.value] : [],
  );
  expect(timers).toHaveLength(1);
  expect(clear.mock.calls.map(([timer]) => timer)).toContain(timers[0]);
});

it('answers 504 where the time is up before the agent has started', async () => {
  const server = await startServer({ script: never, turnTimeoutSeconds: 0.02 });
  const response = await server.post('session-1', prompt);
  expect([response.status, await response.json()]).toMatchObject([504, { error: { code: 'TIMED_OUT' } }]);
});

it('sends nothing more to a caller who has left', async () => {
  onTestFinished(() => void vi.restoreAllMocks());
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject });
  const leaving = new AbortController();
  await server.post('session-1', prompt, { signal: leaving.signal });
  const close = vi.spyOn(TurnStream.prototype, 'close');
  leaving.abort();
  await vi.waitFor(() => expect(close).toHaveBeenCalled());
  const send = vi.spyOn(TurnStream.prototype, 'send');
  subject.next(event('content-delta', { delta: 'a' }));
  subject.complete();
  await vi.waitFor(async () => expect((await server.health()).status).toBe('Healthy'));
  expect(send).not.toHaveBeenCalled();
});

it('keeps no answer alive that was a status', async () => {
  onTestFinished(() => void vi.restoreAllMocks());
  const subject = new Subject<AgentEvent>();
  const script: Script = ({ message }) => (message === 'fail' ? Promise.reject(new Error('no')) : subject);
  const agent = async (contextId: string) => new FakeAgent(contextId, script);
  // Of a Web standard response, nobody tells when it is over.
  const app = createApp({ agent, keepAliveSeconds: 0.01 });
  const post = (session: string, message: string) => {
    const headers = { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': session };
    return app.request('/invocations', {
      method: 'POST',
      headers,
      body: JSON.stringify({ prompt: message }),
    });
  };
  expect((await post('session-1', 'fail')).status).toBe(500);
  const keepAlive = vi.spyOn(TurnStream.prototype, 'keepAlive');
  const response = await post('session-2', 'hi');
  await vi.waitFor(() => expect(keepAlive.mock.calls.length).toBeGreaterThan(3));
  expect(new Set(keepAlive.mock.contexts).size).toBe(1);
  subject.complete();
  await response.text();
});

it('sends a comment when it has nothing to send for a while', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject, keepAliveSeconds: 0.01 });
  const response = await server.post('session-1', prompt);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.startsWith(': keep-alive\n: keep-alive\n')) text += (await reader?.read())?.value;
  subject.complete();
  while (!text.endsWith('event: task-complete\ndata: {}\n\n')) text += (await reader?.read())?.value;
});

it('lets clients read a stream with comments in it as one without', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject, keepAliveSeconds: 0.01 });
  const reader = (await server.post('session-1', prompt)).body
    ?.pipeThrough(new TextDecoderStream())
    .getReader();
  let text = '';
  while (!text.includes(': keep-alive\n')) text += (await reader?.read())?.value;
  subject.next(event('content-delta'));
  subject.complete();
  while (!text.endsWith('event: task-complete\ndata: {}\n\n')) text += (await reader?.read())?.value;
  // A client that parses whatever stands between two blank lines as an event.
  const blocks = text
    .trimEnd()
    .split('\n\n')
    .map((block) => block.replace(/^:.*\n/gm, ''));
  expect(blocks).toEqual([
    expect.stringMatching(/^id: [\w-]+:1\nevent: content-delta\ndata: {"taskId":"task-1"}$/),
    expect.stringMatching(/^id: [\w-]+:2\nevent: task-complete\ndata: {}$/),
  ]);
});

it('begins the stream with comments if the agent takes long to start, and ends it with an event if it cannot', async () => {
  let fail = (_: Error) => {};
  const agent = () => new Promise<never>((_, reject) => (fail = reject));
  const server = await startServer({ agent, keepAliveSeconds: 0.01 });
  const response = await server.post('session-1', prompt);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toMatch(/^(: keep-alive\n)+$/);
  expect((await server.health()).status).toBe('HealthyBusy');
  fail(new Error('no model'));
  let text = '';
  while (!text.endsWith('\n\n')) text += (await reader?.read())?.value;
  expect(text).toContain(
    'event: error\ndata: {"code":"AGENT_FAILED","message":"The agent failed. The log says why."}\n\n',
  );
  expect(server.logger.lines.at(-1)).toMatchObject({ status: 200, code: 'AGENT_FAILED' });
});

it('answers a caller that wants JSON with a status, however long the agent took to fail to start', async () => {
  const agent = async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw new Error('no model');
  };
  const server = await startServer({ agent, keepAliveSeconds: 0.005 });
  const response = await server.post('session-1', prompt, { headers: { accept: 'application/json' } });
  expect([response.status, await response.json()]).toMatchObject([500, { error: { code: 'AGENT_FAILED' } }]);
});

it.each<[string, Script, object]>([
  [
    'the agent says so',
    ({ agent }) =>
      events(agent, [
        event('content-delta', { delta: 'half' }),
        event('task-status', { status: 'failed', message: 'no model' }),
      ]),
    { code: 'AGENT_FAILED', message: 'no model' },
  ],
  [
    'its stream fails',
    () =>
      concat(
        of(event('content-delta', { delta: 'half' })),
        throwError(() => new Error('no model')),
      ),
    { code: 'AGENT_FAILED', message: 'no model' },
  ],
])('says at the top of a JSON answer that the turn failed if %s', async (_, script, error) => {
  const server = await startServer({ script });
  const response = await server.post('session-1', prompt, { headers: { accept: 'application/json' } });
  expect(await response.json()).toMatchObject({
    error,
    content: 'half',
    events: [{ kind: 'content-delta' }, {}],
  });
});

it.each(['before the turn has started', 'in the middle of the turn'])(
  'stops a turn whose caller leaves %s, if it is to',
  async (when) => {
    const { script, subscribed, unsubscribed } = createEndless();
    let start = (_: AgentEventStream) => {};
    const starting = vi.fn(() => new Promise<AgentEventStream>((resolve) => (start = resolve)));
    const isEarly = when === 'before the turn has started';
    const server = await startServer({ script: isEarly ? starting : script, onDisconnect: 'cancel' });
    const socket = callRaw(server, 'session-1');
    await vi.waitFor(() => expect(isEarly ? starting : subscribed).toHaveBeenCalled());
    socket.resetAndDestroy();
    await isHealthy(server);
    start(NEVER);
    expect(unsubscribed).toHaveBeenCalledTimes(isEarly ? 0 : 1);
    expect(server.logger.lines).toContainEqual(
      expect.objectContaining({ code: 'CLIENT_GONE', sessionId: 'session-1' }),
    );
  },
);

it('starts nothing for a caller that has left already', async () => {
  const agent = vi.fn(async (contextId: string) => new FakeAgent(contextId));
  const app = createApp({ agent, onDisconnect: 'cancel' });
  const init = { method: 'POST', body: JSON.stringify(prompt), signal: AbortSignal.abort() };
  expect(await (await app.request('/invocations', init)).json()).toMatchObject({
    error: { code: 'CLIENT_GONE' },
  });
  expect(agent).not.toHaveBeenCalled();
});

it('gives up on a caller that does not read, and not before it holds what a slow one needs', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject, onDisconnect: 'cancel' });
  const socket = callRaw(server, 'session-1').pause();
  await vi.waitFor(() => expect(subject.observed).toBe(true));
  const delta = 'x'.repeat(1024 * 1024);
  let sent = 0;
  while (subject.observed) {
    subject.next(event('content-delta', { delta }));
    sent++;
    await new Promise(setImmediate);
  }
  expect(sent).toBeGreaterThan(60);
  expect(sent).toBeLessThan(80);
  await isHealthy(server);
  socket.destroy();
});

/** Lets an agent say so many megabytes, one by one. */
async function sayMegabytes(subject: Subject<AgentEvent>, count: number): Promise<void> {
  for (let index = 0; index < count && subject.observed; index++) {
    subject.next(event('content-delta', { index, delta: 'x'.repeat(1_000_000) }));
    await new Promise(setImmediate);
  }
}

it('gives up the slowest of many callers first, and none of the others', async () => {
  const subjects = new Map<string, Subject<AgentEvent>>();
  const script: Script = ({ agent }) => {
    const subject = new Subject<AgentEvent>();
    subjects.set(agent.contextId, subject);
    return subject;
  };
  // What a paused socket holds in the kernel does not count: some megabytes each.
  const server = await startServer({
    script,
    maxWaitingBytes: 50_000_000,
    onDisconnect: 'cancel',
  });
  const [slowest, slow, slower] = ['a', 'b', 'c'].map((session) => callRaw(server, session).pause());
  await vi.waitFor(() => expect([...subjects.values()].filter(({ observed }) => observed)).toHaveLength(3));
  for (const [session, count] of [
    ['a', 40],
    ['b', 20],
    ['c', 20],
  ] as const) {
    await sayMegabytes(subjects.get(session) ?? new Subject(), count);
  }
  expect([...subjects.values()].map(({ observed }) => observed)).toEqual([false, true, true]);
  await vi.waitFor(() =>
    expect(server.logger.lines).toMatchObject([{ sessionId: 'a', code: 'CLIENT_GONE' }]),
  );
  for (const session of ['b', 'c']) subjects.get(session)?.complete();
  for (const socket of [slow, slower]) {
    const text = (await socket?.setEncoding('latin1').toArray())?.join('') ?? '';
    expect(text.match(/"index":/g)).toHaveLength(20);
    expect(text).toContain('event: task-complete');
  }
  slowest?.destroy();
  // What was read waits no more: there is room for another.
  const again = callRaw(server, 'd').pause();
  await vi.waitFor(() => expect(subjects.get('d')?.observed).toBe(true));
  await sayMegabytes(subjects.get('d') ?? new Subject(), 40);
  expect(subjects.get('d')?.observed).toBe(true);
  again.destroy();
  await isHealthy(server);
});

it('counts what waits for callers of createApp together too', async () => {
  const subjects: Subject<AgentEvent>[] = [];
  const script = () => {
    const subject = new Subject<AgentEvent>();
    subjects.push(subject);
    return subject;
  };
  const app = createApp({
    agent: async (contextId) => new FakeAgent(contextId, script),
    maxWaitingBytes: 5_000_000,
    onDisconnect: 'cancel',
  });
  for (const _ of [1, 2]) await app.request('/invocations', { method: 'POST', body: JSON.stringify(prompt) });
  await sayMegabytes(subjects[0] ?? new Subject(), 2);
  await sayMegabytes(subjects[1] ?? new Subject(), 10);
  expect(subjects.map(({ observed }) => observed)).toEqual([true, false]);
  await sayMegabytes(subjects[0] ?? new Subject(), 2);
  expect(subjects[0]?.observed).toBe(true);
});

it('sends everything to a slow caller, in order', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject });
  const socket = callRaw(server, 'session-1').pause();
  await vi.waitFor(() => expect(subject.observed).toBe(true));
  for (let index = 0; index < 2_000; index++) {
    subject.next(event('content-delta', { index, delta: 'x'.repeat(10_000) }));
    if (index % 100 === 0) await new Promise(setImmediate);
  }
  subject.complete();
  const text = (await socket.setEncoding('latin1').toArray()).join('');
  const indices = [...text.matchAll(/"index":(\d+)/g)].map(([, index]) => Number(index));
  expect(indices).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
});

it('sends what has waited for a slow caller although the agent says nothing more', async () => {
  const subject = new Subject<AgentEvent>();
  // A keep-alive would send it along.
  const server = await startServer({ script: () => subject, keepAliveSeconds: 3_600 });
  const socket = callRaw(server, 'session-1').pause();
  await vi.waitFor(() => expect(subject.observed).toBe(true));
  for (let index = 0; index < 20; index++) {
    subject.next(event('content-delta', { index, delta: 'x'.repeat(1_000_000) }));
    await new Promise(setImmediate);
  }
  for await (const chunk of socket.setEncoding('latin1')) if (chunk.includes('"index":19')) break;
  expect(subject.observed).toBe(true);
});

it('lets a caller read to the end when the server is closed, and waits for none that does not read', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject });
  const [reading, idle] = [callRaw(server, 'session-1').pause(), callRaw(server, 'session-2').pause()];
  await vi.waitFor(() => expect(server.agents.map(({ turns }) => turns.length)).toEqual([1, 1]));
  await vi.waitFor(() => expect(subject.observed).toBe(true));
  subject.next(event('content-delta', { delta: 'x'.repeat(20_000_000) }));
  await new Promise(setImmediate);
  const closed = server.close();
  const text = (await reading.setEncoding('latin1').toArray()).join('');
  expect(text.slice(-300)).toMatch(/"STOPPING".*\n\n\r\n0\r\n\r\n$/);
  await closed;
  idle.destroy();
});

it('unsubscribes from a stream that it gives up while it subscribes', async () => {
  const unsubscribe = vi.fn();
  const server = await startServer({
    script: () => ({
      subscribe(observer) {
        observer.next(Object.create(null));
        return { unsubscribe };
      },
    }),
  });
  expect(await readKinds(await server.post('session-1', prompt))).toEqual(['error']);
  expect(unsubscribe).toHaveBeenCalledOnce();
});

it('sends an event that is larger than what may wait', async () => {
  const size = 70 * 1024 * 1024;
  const server = await startServer({
    script: ({ agent }) =>
      events(agent, [event('content-delta', { delta: 'x'.repeat(size) }), event('task-complete')]),
  });
  const text = await (await server.post('session-1', prompt)).text();
  expect(text.length).toBeGreaterThan(size);
});

it('joins the events of one tick into one write', async () => {
  const server = await startServer();
  const chunks: string[] = [];
  const response = await server.post('session-1', prompt);
  for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk).toString());
  expect(chunks).toHaveLength(1);
});

it('answers one JSON document to a caller that wants JSON and no stream', async () => {
  const server = await startServer();
  const headers = { accept: 'application/json' };
  const response = await server.post('session-1', prompt, { headers });
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await response.json()).toEqual({
    content: 'You said hi',
    events: [
      { kind: 'task-created', taskId: 'task-1' },
      { kind: 'content-delta', taskId: 'task-1', delta: 'You said ' },
      { kind: 'content-delta', taskId: 'task-1', delta: 'hi' },
      { kind: 'task-complete', taskId: 'task-1', content: 'You said hi' },
    ],
  });
  const both = await server.post('session-1', prompt, {
    headers: { accept: 'application/json, text/event-stream' },
  });
  expect(await readKinds(both)).toHaveLength(4);
});

it('keeps a JSON answer alive, and valid', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject, keepAliveSeconds: 0.01 });
  const response = await server.post('session-1', prompt, { headers: { accept: 'application/json' } });
  const [seen, whole] = response.body?.tee() ?? [];
  await seen?.getReader().read();
  subject.error(new Error('broken'));
  expect(JSON.parse(await new Response(whole).text())).toEqual({
    error: { code: 'AGENT_FAILED', message: 'broken' },
    content: '',
    events: [{ kind: 'error', code: 'AGENT_FAILED', message: 'broken' }],
  });
});

it('answers failures as events where the platform hides them', async () => {
  const server = await startServer({ errors: 'events', script: () => NEVER });
  const response = await server.post('session-1', '{');
  expect(response.status).toBe(200);
  expect(await readAll(response)).toEqual([
    { kind: 'error', data: { code: 'BAD_REQUEST', message: 'The body is not valid JSON.' } },
  ]);
  await server.post('session-1', prompt);
  const json = await server.post('session-1', prompt, { headers: { accept: 'application/json' } });
  expect([json.status, await json.json()]).toMatchObject([
    200,
    { events: [{ kind: 'error', code: 'TURN_RUNNING' }] },
  ]);
  expect((await server.get('session-2')).status).toBe(404);
});

it('streams from any platform, at the pace of the reader', async () => {
  const subject = new Subject<AgentEvent>();
  const agent = async (contextId: string) => new FakeAgent(contextId, () => subject);
  const app = createApp({ agent, onDisconnect: 'cancel' });
  const body = JSON.stringify(prompt);
  const received = readEvents(await app.request('/invocations', { method: 'POST', body }));
  subject.next(event('content-delta', { delta: 'a' }));
  expect((await received.next()).value?.data.delta).toBe('a');
  for (let index = 0; index < 10; index++) subject.next(event('content-delta', { delta: String(index) }));
  for (let index = 0; index < 10; index++)
    expect((await received.next()).value?.data.delta).toBe(String(index));
  await received.return(undefined);
  await vi.waitFor(() => expect(subject.observed).toBe(false));
});

it('gives up on a reader of any platform that does not read', async () => {
  const subject = new Subject<AgentEvent>();
  const agent = async (contextId: string) => new FakeAgent(contextId, () => subject);
  const app = createApp({ agent, onDisconnect: 'cancel' });
  await app.request('/invocations', { method: 'POST', body: JSON.stringify(prompt) });
  const delta = 'x'.repeat(1024 * 1024);
  for (let sent = 0; subject.observed; sent++) {
    subject.next(event('content-delta', { delta }));
    expect(sent).toBeLessThan(70);
  }
});

it('ends one turn, and nothing else, of an agent that cannot tell its state after it has started', async () => {
  const rejected = vi.fn();
  process.on('unhandledRejection', rejected);
  onTestFinished(() => void process.off('unhandledRejection', rejected));
  const script: Script = ({ agent }) => {
    Object.defineProperty(agent, 'state', { get: () => boom() });
    return NEVER;
  };
  const server = await startServer({ script });
  const response = await server.post('session-1', prompt);
  expect(await response.text()).toContain('boom');
  await isHealthy(server);
  await new Promise(setImmediate);
  expect(rejected).not.toHaveBeenCalled();
});

it('runs turns although its logger fails', async () => {
  const warnings = vi.spyOn(process, 'emitWarning').mockReturnValue();
  onTestFinished(() => warnings.mockRestore());
  const fail = () => {
    throw new Error('secret');
  };
  const server = await startServer({ logger: { info: fail, warn: fail, error: fail } });
  expect(await readKinds(await server.post('session-1', prompt))).toContain('task-complete');
  expect((await server.post('session-1', {})).status).toBe(400);
  await isHealthy(server);
  expect(warnings.mock.calls).toEqual([
    ['The logger failed to log "request" as info.'],
    ['The logger failed to log "request" as warn.'],
  ]);
});

/** An error whose property is what it should not be, or cannot be read. */
const withProperty = (name: string, descriptor: PropertyDescriptor) =>
  Object.defineProperty(new Error('boom'), name, descriptor);
const boom = () => {
  throw new Error('boom');
};
it.each([
  ['that is nothing at all', undefined, 'The agent failed.'],
  ['whose message is undefined', withProperty('message', { value: undefined }), 'The agent failed.'],
  ['whose message is a number', withProperty('message', { value: 42 }), '42'],
  ['whose message is a symbol', withProperty('message', { value: Symbol('x') }), 'Symbol(x)'],
  ['whose message throws', withProperty('message', { get: boom }), 'The agent failed.'],
  ['whose name is a symbol', withProperty('name', { value: Symbol('x') }), 'boom'],
  ['whose stack is a number', withProperty('stack', { value: 7 }), 'boom'],
  ['whose cause throws', withProperty('cause', { get: boom }), 'boom'],
  ['that is its own cause', ((error) => Object.assign(error, { cause: error }))(new Error('boom')), 'boom'],
  ['that cannot be looked at', new Proxy({}, { getPrototypeOf: boom }), 'The agent failed.'],
])('answers and logs an error %s', async (_, error, message) => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({
    script: (turn) => (turn.message === 'start' ? Promise.reject(error) : subject),
  });
  const early = await server.post('session-1', { prompt: 'start' });
  expect([early.status, await early.json()]).toMatchObject([500, { error: { code: 'AGENT_FAILED' } }]);
  const late = await server.post('session-1', { prompt: 'go on' });
  subject.error(error);
  expect(await readAll(late)).toMatchObject([{ kind: 'error', data: { code: 'AGENT_FAILED', message } }]);
  server.trackTask(Promise.reject(error));
  await vi.waitFor(() => expect(server.logger.lines).toHaveLength(3));
  expect(server.logger.lines.map(({ level }) => level)).toEqual(['error', 'error', 'error']);
});

it.each<[string, (list: readonly AgentEvent[]) => AgentEventStream]>([
  ['in one tick', (list) => from(list)],
  ['one after another', (list) => concat(...list.map((each) => timer(1).pipe(map(() => each))))],
])('sends what is ASCII and what is not as it is, %s', async (_, emit) => {
  const deltas = ['a', 'caf\xe9 \u{1f600}', 'b', '\u65e5\u672c', '"\n', 'c'];
  const said = [...deltas.map((delta) => event('content-delta', { delta })), event('ende\xe4')];
  const server = await startServer({ script: () => emit(said) });
  const sent = await readAll(await server.post('session-1', prompt));
  expect(sent.slice(0, -1).map(({ kind, data }) => [kind, data.delta])).toEqual([
    ...deltas.map((delta) => ['content-delta', delta]),
    ['ende\xe4', undefined],
  ]);
});
