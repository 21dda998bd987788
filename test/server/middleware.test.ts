import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { AgentEvent } from '../../src/domain/agent.js';
import { createServer, type Middleware } from '../../src/index.js';
import { event, FakeAgent } from './fake-agent.js';
import { readAll, readEvents, readKinds, startServer } from './harness.js';

const prompt = { prompt: 'hi' };

it('passes each request through the middleware in order, and then answers it as ever', async () => {
  const order: string[] = [];
  const middleware: Middleware[] = [
    (_, response, next) => {
      order.push('first');
      response.setHeader('access-control-allow-origin', '*');
      next();
      next(); // Twice is once.
    },
    async (_, __, next) => {
      await new Promise(setImmediate);
      order.push('second');
      next();
    },
  ];
  const server = await startServer({ middleware });
  const response = await server.post('session-1', prompt);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  // Still one write: the turn was over in its first tick.
  expect(response.headers.get('content-length')).toMatch(/^\d+$/);
  expect((await readKinds(response)).at(-1)).toBe('task-complete');
  expect((await server.health()).status).toBe('Healthy');
  expect(order).toEqual(['first', 'second', 'first', 'second']);
  expect(server.agents).toHaveLength(1);
});

it('leaves a request that middleware answers to it', async () => {
  const server = await startServer({ middleware: [(_, response) => response.writeHead(204).end()] });
  expect((await server.post('session-1', prompt)).status).toBe(204);
  expect(server.agents).toEqual([]);
  expect(server.logger.lines).toEqual([]);
});

const secret = 'Bearer the-token';
const failing: [string, Middleware][] = [
  ['passes on an error', (_, __, next) => next(new Error(`no directory for ${secret}`))],
  [
    'throws',
    () => {
      throw new Error(`no directory for ${secret}`);
    },
  ],
  ['rejects', () => Promise.reject(new Error(`no directory for ${secret}`))],
];
it.each(failing)('answers 500 if middleware %s, says why in the log, and goes on', async (_, fail) => {
  const server = await startServer({
    middleware: [
      (request, response, next) => (request.url === '/ping' ? next() : fail(request, response, next)),
    ],
  });
  const response = await server.post('session-1', prompt, { headers: { authorization: secret } });
  expect([response.status, await response.json()]).toEqual([
    500,
    { error: { code: 'MIDDLEWARE_FAILED', message: 'The server failed. The log says why.' } },
  ]);
  expect(server.logger.lines).toMatchObject([
    {
      level: 'error',
      status: 500,
      code: 'MIDDLEWARE_FAILED',
      error: { cause: { message: 'no directory for [redacted]' } },
    },
  ]);
  expect((await server.health()).status).toBe('Healthy');
});

it('goes on although middleware calls next after it has answered', async () => {
  const server = await startServer({
    middleware: [
      (request, response, next) => {
        if (request.method === 'POST') response.end('answered');
        next();
      },
    ],
  });
  expect(await (await server.post('session-1', prompt)).text()).toBe('answered');
  expect((await server.health()).status).toBe('Healthy');
  expect(server.agents).toEqual([]);
});

it('ends no turn if middleware fails after it has called next', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({
    script: () => subject,
    middleware: [
      async (_, __, next) => {
        next();
        throw new Error('no metrics');
      },
    ],
  });
  const received = readEvents(await server.post('session-1', prompt));
  subject.next(event('content-delta'));
  expect((await received.next()).value?.kind).toBe('content-delta');
  subject.complete();
  expect((await received.next()).value?.kind).toBe('task-complete');
  expect(server.logger.lines).toContainEqual(
    expect.objectContaining({
      error: expect.objectContaining({ cause: expect.objectContaining({ message: 'no metrics' }) }),
    }),
  );
});

it('drains with middleware in front: a turn ends with an error event, and a slow answer of the middleware is read', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({
    script: () => subject,
    middleware: [
      (request, response, next) => {
        if (request.url !== '/report') return next();
        response.write('half');
        void server.close();
        setImmediate(() => response.end(' and half'));
      },
    ],
  });
  const turn = await server.post('session-1', prompt);
  const report = await fetch(`${server.url}/report`);
  expect(await report.text()).toBe('half and half');
  expect((await readAll(turn)).at(-1)).toMatchObject({ kind: 'error', data: { code: 'STOPPING' } });
  await server.close();
});

it('tells callers while it drains that their connections end', async () => {
  const subject = new Subject<AgentEvent>();
  let decide = (_: boolean) => {};
  const deciding = vi.fn(() => new Promise<boolean>((resolve) => (decide = resolve)));
  const authorize = (_: unknown, contextId: string) => contextId !== 'early' || deciding();
  const server = await startServer({ script: () => subject, authorize, shutdownGraceSeconds: 60 });
  const turn = await server.post('session-1', prompt);
  const early = server.post('early', { type: 'status' });
  await vi.waitFor(() => expect(deciding).toHaveBeenCalled());
  const closed = server.close();
  decide(true);
  const during = await server.get(null, '/ping');
  expect(await during.json()).toMatchObject({ status: 'HealthyBusy' });
  expect(during.headers.get('connection')).toBe('close');
  expect((await early).headers.get('connection')).toBe('close');
  subject.complete();
  expect(await readKinds(turn)).toEqual(['task-complete']);
  await closed;
});

it('tells which middleware cannot work', async () => {
  await expect(startServer({ middleware: [Object.create(null)] })).rejects.toThrow('"middleware"');
});

it('makes a server that somebody else listens with, on a socket of their own', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'socket-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const socketPath = join(folder, 'agent.sock');
  const before = process.listenerCount('SIGTERM');
  const agent = new FakeAgent('session-1');
  const { http, trackTask, close } = createServer({ agent: async () => agent, shutdownGraceSeconds: 0 });
  onTestFinished(close);
  expect(http.listening).toBe(false);
  expect(process.listenerCount('SIGTERM')).toBe(before);
  await once(http.listen(socketPath), 'listening');
  let finish = () => {};
  trackTask(new Promise<void>((resolve) => (finish = resolve)));
  expect(await ask(socketPath, 'GET', '/ping')).toContain('"HealthyBusy"');
  finish();
  await vi.waitFor(async () => expect(await ask(socketPath, 'GET', '/ping')).toContain('"Healthy"'));
  expect(await ask(socketPath, 'POST', '/invocations', JSON.stringify(prompt))).toContain(
    'event: task-complete',
  );
  await close();
  expect([http.listening, agent.shutdowns]).toEqual([false, 1]);
});

it('closes a server that has never listened', async () => {
  const { close } = createServer({ agent: async (contextId) => new FakeAgent(contextId) });
  await close();
  await close();
});

async function ask(socketPath: string, method: string, path: string, body = ''): Promise<string> {
  const asked = request({ socketPath, method, path, agent: false });
  asked.end(body);
  const [response] = await once(asked, 'response');
  return (await response.setEncoding('utf8').toArray()).join('');
}
