import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { EMPTY, ignoreElements, NEVER, of, Subject, timer } from 'rxjs';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AgentEvent } from '../../src/domain/agent.js';
import { createApp } from '../../src/hono.js';
import type { RequestContext } from '../../src/index.js';
import type { AppConfig } from '../../src/server/config.js';
import { NodeExchange } from '../../src/server/http/node-exchange.js';
import { startFunction } from '../lambda/harness.js';
import { event, FakeAgent, type Script } from './fake-agent.js';
import { sessionHeader, startServer } from './harness.js';

type Config = Partial<AppConfig> & { script?: Script };
type FetchCallback = Parameters<typeof createAdaptorServer>[0]['fetch'];

/** The port of a server that `serve` has started. */
async function serveOnNode(config: Config): Promise<number> {
  return (await startServer(config)).port;
}

/** The port of another server, which runs what `createApp` has made. */
async function serveApp({ script, ...config }: Config): Promise<number> {
  return listen(createApp({ agent: async (contextId) => new FakeAgent(contextId, script), ...config }).fetch);
}

/** The port of the URL of a Lambda function. */
async function serveFunction({ onDisconnect: _, ...config }: Config): Promise<number> {
  return (await startFunction(config)).port;
}

async function listen(fetch: FetchCallback, overrideGlobalObjects = false): Promise<number> {
  const server = createAdaptorServer({ fetch, overrideGlobalObjects }) as Server;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return port;
}

/** A connection, and all that has come over it. */
async function open(port: number) {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  const connection = { socket, received: '' };
  socket.on('data', (data) => {
    connection.received += data;
  });
  socket.on('error', () => {}); // The server may close it while something is still being sent.
  await once(socket, 'connect');
  return connection;
}

const head = (target: string, ...fields: string[]) =>
  [`${target} HTTP/1.1`, 'host: localhost', ...fields, '', ''].join('\r\n');
const prompt = (...fields: string[]) =>
  `${head('POST /invocations', `${sessionHeader}: session-1`, 'content-length: 15', ...fields)}{"prompt":"hi"}`;

/** The requests that any server of this process gets from now on. */
function watchRequests(): IncomingMessage[] {
  const requests: IncomingMessage[] = [];
  const note = (message: unknown) => {
    const { request } = Object(message);
    if (!(request instanceof IncomingMessage)) throw new TypeError('The message holds no request.');
    requests.push(request);
  };
  subscribe('http.server.request.start', note);
  onTestFinished(() => void unsubscribe('http.server.request.start', note));
  return requests;
}

/** Sends one request, and reads its answer. */
async function send(port: number, text: string): Promise<string> {
  const connection = await open(port);
  connection.socket.write(text.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'), 'latin1');
  await once(connection.socket, 'close');
  return connection.received;
}

const doors: [string, (config: Config) => Promise<number>][] = [
  ['serve', serveOnNode],
  ['createApp on another server', serveApp],
];

describe.each([...doors, ['a Lambda function behind its URL', serveFunction] as const])('%s', (_, start) => {
  it('answers HEAD as it answers GET, without the body', async () => {
    const port = await start({});
    const answer = await send(port, head('HEAD /ping'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s);
    expect(answer).toContain('content-type: application/json');
    expect(await send(port, head('HEAD /invocations', `${sessionHeader}: unknown`))).toContain(' 404 ');
  });

  it('knows a route by its path, whatever the query, and logs no query', async () => {
    const warn = vi.fn();
    const port = await start({ logger: { info() {}, warn, error() {} } });
    expect(await send(port, head('GET /ping?token=secret'))).toContain(' 200 OK');
    expect(await send(port, head('GET http://localhost/ping?token=secret'))).toContain(' 200 OK');
    for (const target of ['GET /elsewhere?token=secret', 'PUT /invocations', 'POST /ping', 'OPTIONS *']) {
      expect(await send(port, head(target))).toMatch(/ 40[04] /);
    }
    expect(warn).toHaveBeenCalledWith(
      { method: 'GET', path: '/elsewhere', status: 404, code: 'NOT_FOUND' },
      'request',
    );
  });

  it.each([
    ['/%70ing', 200],
    ['/./ping', 200],
    ['/x/../ping', 200],
    ['/ping#fragment', 200],
    ['/PING', 404],
    ['/ping/', 404],
    ['//ping', 404],
    ['/ping%2f', 404],
    ['/ping%zz', 404],
    ['/ping;x', 404],
    ['/%', 404],
    ['/', 404],
  ])('knows the path %s in whatever way it is written, and answers %i', async (target, status) => {
    const port = await start({});
    expect(await send(port, head(`GET ${target}`))).toContain(`HTTP/1.1 ${status} `);
  });

  it('joins a header that is a list and sent more than once', async () => {
    const contexts: RequestContext[] = [];
    const agent = async (contextId: string, context: RequestContext) => {
      contexts.push(context);
      return new FakeAgent(contextId);
    };
    const port = await start({ agent });
    await send(
      port,
      prompt('baggage: a=1', 'X-Tags: b', 'Baggage: c=2', 'x-tags: d', '__proto__: e', '__proto__: f'),
    );
    // A function URL joins them without a space.
    const both = (one: string, other: string) => expect.stringMatching(`^${one}, ?${other}$`);
    expect(contexts).toMatchObject([{ baggage: both('a=1', 'c=2'), headers: { 'x-tags': both('b', 'd') } }]);
  });

  it.each([
    ['authorization', 'Bearer good', 'Bearer evil'],
    [sessionHeader, 'session-1', 'session-2'],
    ['x-amzn-bedrock-agentcore-runtime-user-id', 'a', 'b'],
    ['WorkloadAccessToken', 'a', 'b'],
    ['X-Amz-Bedrock-AgentCore-Identity-WAT', 'a', 'b'],
    ['x-amzn-requestid', 'a', 'b'],
    ['traceparent', 'a', 'b'],
  ])('answers 400 to a second %s that says something else', async (name, one, other) => {
    const agent = vi.fn(async (contextId: string) => new FakeAgent(contextId));
    const port = await start({ agent, decodeAuthorization: async (header) => header });
    const fields = [`${name}: ${one}`, `${name.toLowerCase()}: ${other}`];
    const body = '{"prompt":"hi"}';
    const answer = await send(port, head('POST /invocations', 'content-length: 15', ...fields) + body);
    expect(answer).toContain(' 400 ');
    expect(answer).toContain(`The header ${name.toLowerCase()} must be sent once, with one value.`);
    expect(agent).not.toHaveBeenCalled();
  });

  it('refuses a body that is too large, whether it says so or not', async () => {
    const port = await start({ maxBodyBytes: 14 });
    expect(await send(port, prompt())).toContain('"BODY_TOO_LARGE"');
    const chunked = head('POST /invocations', `${sessionHeader}: session-1`, 'transfer-encoding: chunked');
    expect(await send(port, `${chunked}f\r\n{"prompt":"hi"}\r\n0\r\n\r\n`)).toContain('"BODY_TOO_LARGE"');
  });

  it('cuts off an answer that cannot be written to its end', async () => {
    const subject = new Subject<AgentEvent>();
    const error = vi.fn();
    const port = await start({ script: () => subject, logger: { info() {}, warn() {}, error } });
    const connection = await open(port);
    const closed = once(connection.socket, 'close');
    connection.socket.write(prompt('accept: application/json'));
    await vi.waitFor(() => expect(connection.received).toContain('application/json'));
    const { stringify: real } = JSON;
    const stringify = vi.spyOn(JSON, 'stringify').mockImplementation((value, ...others) => {
      if (Object(value).events !== undefined) throw new RangeError('Invalid string length');
      return real(value, ...others);
    });
    onTestFinished(() => void stringify.mockRestore());
    subject.complete();
    await closed;
    expect(connection.received).not.toMatch(/0\r\n\r\n$/);
    expect(error).toHaveBeenCalledOnce();
    expect(await send(port, head('GET /ping'))).toContain('"Healthy"');
  });
});

describe.each(doors)('%s', (_, start) => {
  it('stops the turn of a caller that leaves, if it is to', async () => {
    const warn = vi.fn();
    const logger = { info() {}, warn, error() {} };
    const port = await start({ script: () => NEVER, onDisconnect: 'cancel', logger });
    const connection = await open(port);
    connection.socket.write(prompt());
    await vi.waitFor(() => expect(connection.received).toContain('text/event-stream'));
    connection.socket.destroy();
    await vi.waitFor(() =>
      expect(warn).toHaveBeenCalledWith(expect.objectContaining({ code: 'CLIENT_GONE' }), 'request'),
    );
  });

  it.each([
    ['with its body', prompt()],
    ['within its body', prompt().slice(0, -1)],
  ])('is done with a request whose caller has left %s before it was read', async (_, request) => {
    let decide = (_: boolean) => {};
    const authorize = vi.fn(() => new Promise<boolean>((resolve) => (decide = resolve)));
    const warn = vi.fn();
    const port = await start({ authorize, logger: { info() {}, warn, error() {} } });
    const received = watchRequests();
    const { socket } = await open(port);
    socket.write(request);
    await vi.waitFor(() => expect(authorize).toHaveBeenCalled());
    socket.resetAndDestroy();
    await vi.waitFor(() => expect(received[0]?.socket.destroyed).toBe(true));
    decide(true);
    await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce());
  });

  it('answers before it has read what it does not need, and then the next request', async () => {
    const port = await start({ decodeAuthorization: async () => null });
    const connection = await open(port);
    connection.socket.write(`${head('POST /invocations', 'content-length: 100000')}${'x'.repeat(10_000)}`);
    await vi.waitFor(() => expect(connection.received).toContain('"UNAUTHORIZED"'));
    connection.socket.write(`${'x'.repeat(90_000)}${head('GET /ping')}`);
    await vi.waitFor(() => expect(connection.received).toContain('"Healthy"'));
  });

  it('parts from a caller that goes on sending what nobody reads', async () => {
    const port = await start({ decodeAuthorization: async () => null });
    const { socket } = await open(port);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(head('POST /invocations', 'transfer-encoding: chunked'));
    const sending = setInterval(() => socket.write('1\r\nx\r\n'), 10);
    onTestFinished(() => clearInterval(sending));
    await closed;
  });
});

describe('createApp on @hono/node-server', () => {
  const agent = async (contextId: string) => new FakeAgent(contextId);
  const { Request, Response } = globalThis;
  afterEach(() => {
    Object.defineProperty(globalThis, 'Request', { value: Request });
    Object.defineProperty(globalThis, 'Response', { value: Response });
  });

  it.each([
    ['its own', true],
    ['the standard', false],
  ])('writes to the response of Node with %s Web objects, but for HEAD', async (_, overrides) => {
    const app = createApp({ agent });
    const alreadySent: boolean[] = [];
    const port = await listen(async (request, env) => {
      const response = await app.fetch(request, env);
      alreadySent.push(response.headers.has('x-hono-already-sent'));
      return response;
    }, overrides);
    expect(await send(port, prompt())).toMatch(/^HTTP\/1\.1 200 .*event: task-complete\n.*\n\n$/s);
    expect(await send(port, head('GET /ping'))).toContain('"Healthy"');
    expect(await send(port, head('HEAD /ping'))).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\n$/s);
    expect(alreadySent).toEqual([true, true, false]);
  });

  it('lets middleware of Hono change the answer', async () => {
    const app = new Hono();
    app.use(async (c, next) => {
      c.res.headers.set('x-before', '1');
      await next();
      c.res.headers.set('x-after', '1');
    });
    const port = await listen(app.route('/agents', createApp({ agent })).fetch);
    const answer = await send(port, prompt().replace('/invocations', '/agents/invocations'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*x-after: 1\r\n.*x-before: 1\r\n.*event: task-complete\n/is);
  });
});

it('counts a header once that is sent twice with the same value', async () => {
  const server = await startServer({ decodeAuthorization: async (header) => header });
  const fields = [`${sessionHeader}: session-1`, `${sessionHeader}: session-1`];
  const tokens = ['authorization: Bearer good', 'Authorization: Bearer good'];
  const request = head('POST /invocations', 'content-length: 15', ...fields, ...tokens);
  expect(await send(server.port, `${request}{"prompt":"hi"}`)).toContain(' 200 ');
  expect(server.agents.map(({ contextId }) => contextId)).toEqual(['session-1']);
  expect(server.agents[0]?.turns[0]?.options.authContext).toBe('Bearer good');
});

it('refuses ids and tokens that a platform has joined, and no other authorization with commas', async () => {
  const app = createApp({
    agent: async (contextId) => new FakeAgent(contextId),
    decodeAuthorization: async (header) => header,
  });
  const post = async (authorization: string, session = 'session-1') =>
    (
      await app.request('/invocations', {
        method: 'POST',
        headers: { authorization, [sessionHeader]: session },
        body: '{"prompt":"hi"}',
      })
    ).status;
  expect(await post('AWS4-HMAC-SHA256 Credential=a, Signature=b')).toBe(200);
  expect(await post('Bearer good, Bearer evil')).toBe(400);
  expect(await post('Bearer good', 'a, a')).toBe(400);
});

it('sends a turn that is over at once in one piece, and any other in chunks', async () => {
  const { port } = await startServer();
  const short = await send(port, prompt());
  const [, length, body = ''] = /\r\ncontent-length: (\d+)\r\n.*?\r\n\r\n(.*)$/is.exec(short) ?? [];
  expect(body.length).toBe(Number(length));
  expect(body).toMatch(/^id: [\w-]+:1\n.*\n\n$/s);

  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject });
  const connection = await open(server.port);
  connection.socket.write(prompt());
  await vi.waitFor(() => expect(connection.received).toMatch(/transfer-encoding: chunked/i));
  expect(connection.received).not.toMatch(/content-length/i);
  subject.next(event('content-delta'));
  subject.complete();
  await vi.waitFor(() => expect(connection.received.endsWith('\r\n0\r\n\r\n')).toBe(true));
});

it('answers all requests of a connection in order, and stops all of their turns when it is lost', async () => {
  const subject = new Subject<AgentEvent>();
  const server = await startServer({ script: () => subject });
  const warning = vi.fn();
  process.on('warning', warning);
  onTestFinished(() => void process.off('warning', warning));
  const prompts = Array.from({ length: 20 }, (_, index) => prompt().replace('-1', `-${index}`)).join('');
  const connection = await open(server.port);
  connection.socket.write(head('GET /ping') + prompts + head('GET /ping'));
  await vi.waitFor(() => expect(server.agents.map(({ turns }) => turns.length)).toEqual(Array(20).fill(1)));
  subject.complete();
  await vi.waitFor(() => expect(connection.received.match(/200 OK/g)).toHaveLength(22));
  expect(connection.received).toMatch(/"status".*: session-0\b.*: session-19\b.*"status"/s);

  const endless = await startServer({ script: () => NEVER, onDisconnect: 'cancel' });
  const lost = await open(endless.port);
  lost.socket.write(prompts);
  await vi.waitFor(() => expect(endless.agents.map(({ turns }) => turns.length)).toEqual(Array(20).fill(1)));
  lost.socket.resetAndDestroy();
  await vi.waitFor(async () => expect((await endless.health()).status).toBe('Healthy'));
  expect(endless.logger.lines.map(({ code }) => code)).toEqual(Array(20).fill('CLIENT_GONE'));
  expect(warning).not.toHaveBeenCalled();
});

it.each([
  ['at once', () => EMPTY],
  ['at once, with a text that is not ASCII either', () => of(event('content-delta', { delta: 'caf\xe9' }))],
  ['after a while', () => timer(1).pipe(ignoreElements())],
])('returns a session id that is not ASCII as it was sent, where the turn ends %s', async (_, script) => {
  const port = await serveOnNode({ script });
  for (const request of [prompt(), prompt().replace('1.1', '1.0')]) {
    const answer = await send(port, request.replace('session-1', 'caf\xe9\t\xf0\x9f\x98\x80'));
    expect(answer).toMatch(/session-id: caf\xe9\t\xf0\x9f\x98\x80\r\n/i);
    expect(answer).toContain('task-complete');
  }
});

it('tells of a caller that has left before anybody wanted to know', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { socket } = await open((server.address() as AddressInfo).port);
  const asked = once(server, 'request');
  socket.write(head('GET /ping'));
  const [request, response] = await asked;
  const closed = once(response, 'close');
  socket.destroy();
  await closed;
  const onGone = vi.fn();
  new NodeExchange(request, response).onGone(onGone);
  expect(onGone).toHaveBeenCalledOnce();
});
