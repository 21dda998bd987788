import { text } from 'node:stream/consumers';
import { concat, NEVER, Observable, Subject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { InMemoryAgentStore } from '../../src/adapters/memory/index.js';
import type { AgentEvent } from '../../src/domain/agent.js';
import { getRequestContext, trackTask } from '../../src/index.js';
import { createLambdaHandler, type LambdaConfig } from '../../src/lambda/index.js';
import { createState, echo, event, FakeAgent } from '../server/fake-agent.js';
import { foreign, functionUrl, httpApi, invocation, restApi } from './events.js';
import { readHead } from './function-url.js';
import { createHandler, startRuntime } from './harness.js';
import type { FunctionAnswer } from './runtime-api.js';

const agent = async (contextId: string) => new FakeAgent(contextId);
const get = (rawPath: string, headers = {}) => ({
  ...{ version: '2.0', rawPath, headers },
  requestContext: { http: { method: 'GET' } },
});

/** The head of an answer, and all of its text. */
async function readAnswer(answer: FunctionAnswer) {
  const { head, rest } = await readHead(answer);
  let body = '';
  for await (const chunk of rest) body += chunk;
  return { ...head, body };
}

/** What a function says of its failure. */
async function readError(answer: FunctionAnswer): Promise<{ errorType: string; errorMessage: string }> {
  const body = await text(answer.body);
  const trailer = answer.body.trailers['lambda-runtime-function-error-body'] ?? '';
  return JSON.parse(answer.hasFailed ? body : Buffer.from(trailer, 'base64').toString());
}

/** Sends as many events of 64 KB as it is told to. */
const flood = (count: number) => () =>
  new Observable<AgentEvent>((to) => {
    for (let index = 0; index < count; index++)
      to.next(event('content-delta', { delta: 'x'.repeat(65_536) }));
    to.complete();
  });

describe('an answer that streams', () => {
  it.each([
    ['a function URL', functionUrl],
    ['a REST API', restApi],
  ])('has a head, and then the events, for %s', async (_, request) => {
    const api = await startRuntime();
    const answer = await api.invoke(request);
    const contentType = 'application/vnd.awslambda.http-integration-response';
    expect(answer).toMatchObject({ isStreaming: true, contentType });
    const { statusCode, headers, body } = await readAnswer(answer);
    expect([statusCode, headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(headers['X-Amzn-Bedrock-AgentCore-Runtime-Session-Id']).toBe('s');
    expect(body).toMatch(/event: task-complete\ndata: .*You said hi/);
  });

  it('has its head at once, and each event while the turn runs', async () => {
    const subject = new Subject<AgentEvent>();
    const api = await startRuntime({ script: () => subject });
    const { head, rest } = await readHead(await api.invoke(functionUrl));
    expect(head.statusCode).toBe(200);
    const chunks = rest[Symbol.asyncIterator]();
    subject.next(event('content-delta', { delta: 'first' }));
    expect(String((await chunks.next()).value)).toContain('"delta":"first"');
    subject.complete();
    expect(String((await chunks.next()).value)).toContain('event: task-complete');
  });

  it('has no head for an invocation that is none of HTTP, and a failure is JSON', async () => {
    const api = await startRuntime();
    const answer = await api.invoke(invocation);
    expect(answer.contentType).toBe('text/event-stream; charset=utf-8');
    expect(await text(answer.body)).toMatch(/^id: .*event: task-complete\ndata: .*You said hi/s);
    const refused = await api.invoke({ prompt: '' });
    expect(refused.contentType).toBe('application/json');
    expect(JSON.parse(await text(refused.body))).toMatchObject({ error: { code: 'BAD_REQUEST' } });
    const nothing = await api.invoke({ sessionId: 's', type: 'attach' });
    expect([nothing.contentType, await text(nothing.body)]).toEqual(['text/plain', '']);
  });

  it('has a head without a body, and a body without one', async () => {
    const api = await startRuntime();
    const headers = { ...functionUrl.headers, accept: 'text/event-stream' };
    expect(await readAnswer(await api.invoke(get('/invocations', headers)))).toMatchObject({
      ...{ statusCode: 204, body: '' },
    });
    const head = { ...get('/ping'), requestContext: { http: { method: 'HEAD' } } };
    expect(await readAnswer(await api.invoke(head))).toMatchObject({ statusCode: 200, body: '' });
    expect(await readAnswer(await api.invoke(get('/ping')))).toMatchObject({
      ...{ statusCode: 200, body: expect.stringContaining('"Healthy"') },
    });
  });

  it('waits for a reader that is slow, and is whole', async () => {
    const api = await startRuntime({ script: flood(300) });
    const answer = await api.invoke(functionUrl);
    await new Promise((resolve) => answer.body.once('readable', resolve));
    const { body } = await readAnswer(answer);
    expect(body.match(/event: content-delta/g)).toHaveLength(300);
    expect(body).toContain('event: task-complete');
  });

  it('is cut off, and its turn stopped, if too much waits for a reader', async () => {
    const warn = vi.fn();
    const logger = { info() {}, warn, error() {} };
    const script = () => concat(flood(300)(), NEVER);
    const api = await startRuntime({ script, maxWaitingBytes: 1_000_000, logger });
    const { errorMessage } = await readError(await api.invoke(functionUrl));
    expect(errorMessage).toBe('The answer could not be sent to its end.');
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ code: 'CLIENT_GONE' }), 'request');
    // The function goes on.
    expect(await readAnswer(await api.invoke(get('/ping')))).toMatchObject({ statusCode: 200 });
  });

  it('is over when Lambda closes it', async () => {
    const warn = vi.fn();
    const logger = { info() {}, warn, error() {} };
    const api = await startRuntime({ script: () => NEVER, logger });
    const answer = await api.invoke(functionUrl);
    await readHead(answer);
    answer.body.socket.destroy();
    await vi.waitFor(() =>
      expect(warn).toHaveBeenCalledWith(expect.objectContaining({ code: 'CLIENT_GONE' }), 'request'),
    );
  });
});

describe('an answer that is buffered', () => {
  it.each([
    ['a function URL', functionUrl],
    ['a REST API', restApi],
    ['an HTTP API', httpApi],
    ['an invocation', invocation],
  ])('is whole, for %s', async (_, request) => {
    const api = await startRuntime({ streaming: false });
    const answer = await api.invoke(request);
    expect(answer.isStreaming).toBe(false);
    expect(JSON.parse(await text(answer.body))).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
      body: expect.stringMatching(/event: task-complete\ndata: .*You said hi/),
      isBase64Encoded: false,
    });
  });

  it('is what a handler returns where nothing streams', async () => {
    const handler = createLambdaHandler({ agent, logger: { info() {}, warn() {}, error() {} } });
    // Lambda refuses a handler with three parameters, which it takes for one with a callback.
    expect(handler).toHaveLength(2);
    expect(await handler(get('/ping'), {})).toMatchObject({ statusCode: 200 });
    expect(await handler(get('/ping'))).toMatchObject({ statusCode: 200 });
  });

  it('says so if it is larger than Lambda takes, and the turn counts', async () => {
    const agents: FakeAgent[] = [];
    const api = await startRuntime({
      streaming: false,
      agent: async (contextId) => {
        agents.push(new FakeAgent(contextId, flood(100)));
        return agents[0] as FakeAgent;
      },
    });
    const { statusCode, headers, body } = await readAnswer(await api.invoke(functionUrl));
    expect([statusCode, headers['content-type']]).toEqual([500, 'application/json']);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'ANSWER_TOO_LARGE' } });
    expect(agents).toHaveLength(1);
  });
});

describe('the time of a function', () => {
  it('ends a turn with an error event before Lambda ends the process', async () => {
    let signal: AbortSignal | undefined;
    const api = await startRuntime({
      script: () => {
        signal = getRequestContext()?.signal;
        return NEVER;
      },
    });
    const { statusCode, body } = await readAnswer(await api.invoke(functionUrl, 1_000));
    expect(statusCode).toBe(200);
    expect(body).toMatch(/event: error\ndata: .*"TIMED_OUT"/);
    expect(signal?.aborted).toBe(true);
  });

  it('ends what hangs before the answer has begun', async () => {
    const error = vi.fn();
    let decode = (_: object) => {};
    const decodeAuthorization = () => new Promise<object>((resolve) => (decode = resolve));
    const info = vi.fn();
    const warn = vi.fn();
    const api = await startRuntime({ logger: { info, warn, error }, decodeAuthorization });
    const request = { ...functionUrl, headers: { ...functionUrl.headers, authorization: 'a' } };
    const { statusCode, body } = await readAnswer(await api.invoke(request, 500));
    expect([statusCode, JSON.parse(body)]).toMatchObject([504, { error: { code: 'TIMED_OUT' } }]);
    expect(error).toHaveBeenCalledWith(
      { method: 'POST', path: '/invocations' },
      'The function had no time left, and what still ran is frozen.',
    );
    // Thawed by another call, it finds that nobody waits for it any more.
    decode({});
    await vi.waitFor(() =>
      expect(warn).toHaveBeenCalledWith(expect.objectContaining({ code: 'CLIENT_GONE' }), 'request'),
    );
    expect(await readAnswer(await api.invoke(get('/ping')))).toMatchObject({ statusCode: 200 });
  });

  it('cuts off an answer that is not read in time', async () => {
    const error = vi.fn();
    const api = await startRuntime({ script: flood(300), logger: { info() {}, warn() {}, error } });
    const answer = await api.invoke(functionUrl, 500);
    // Not read before: what the function still has to send is more than fits into the connection.
    await vi.waitFor(() => expect(error).toHaveBeenCalled());
    expect((await readError(answer)).errorMessage).toBe('The answer could not be sent to its end.');
  });

  it('is not waited for by work that never ends, and the answer is whole', async () => {
    const error = vi.fn();
    const api = await startRuntime({
      logger: { info() {}, warn() {}, error },
      script: (turn) => {
        trackTask(new Promise(() => {}));
        return echo(turn);
      },
    });
    const answer = await api.invoke(functionUrl, 500);
    expect((await readAnswer(answer)).body).toContain('task-complete');
    expect(await readAnswer(await api.invoke(get('/ping'), 500))).toMatchObject({ statusCode: 200 });
    expect(error).toHaveBeenCalled();
  });

  it('is without an end for a call that has no context', async () => {
    const handler = createHandler({ agent, streaming: false, logger: { info() {}, warn() {}, error() {} } });
    expect(await handler(functionUrl)).toMatchObject({ statusCode: 200 });
  });
});

describe('work that is tracked', () => {
  it('ends before the handler returns', async () => {
    let finish = () => {};
    const work = new Promise<void>((resolve) => (finish = resolve));
    const api = await startRuntime({
      script: (turn) => {
        trackTask(work);
        return echo(turn);
      },
    });
    const answer = await api.invoke(functionUrl);
    expect((await readAnswer(answer)).body).toContain('task-complete');
    const next = api.invoke(get('/ping')).then(() => 'called');
    expect(await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 50))])).toBeUndefined();
    finish();
    expect(await next).toBe('called');
  });
});

describe('an event that is not for agents', () => {
  it.each(Object.entries(foreign))('fails the function with what it understands: %s', async (_, request) => {
    for (const streaming of [true, false]) {
      const api = await startRuntime({ streaming });
      const { errorType, errorMessage } = await readError(await api.invoke(request));
      expect(errorType).toBe('AgentStoreError');
      expect(errorMessage).toContain('It understands those of a function URL and of API Gateway');
    }
  });

  it('is one that nests deeper than can be written again', async () => {
    const api = await startRuntime();
    const metadata = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    const handler = createHandler({ agent, streaming: false, logger: { info() {}, warn() {}, error() {} } });
    const answer = await handler({ prompt: 'hi', metadata });
    expect(answer).toMatchObject({ statusCode: 400, body: expect.stringContaining('"BAD_REQUEST"') });
    api.close();
  });
});

describe('the options of a handler', () => {
  it.each<[string, object, string]>([
    ['onDisconnect', { onDisconnect: 'detach' }, "must be 'cancel' on Lambda"],
    ['port', { port: 8080 }, 'cannot be set on Lambda'],
    ['hostname', { hostname: '127.0.0.1' }, 'cannot be set on Lambda'],
    ['middleware', { middleware: [] }, 'cannot be set on Lambda'],
    ['handleCrashes', { handleCrashes: false }, 'cannot be set on Lambda'],
    ['warmup', { warmup: () => {} }, 'cannot be set on Lambda'],
    ['warmupPath', { warmupPath: '/warm' }, 'cannot be set on Lambda'],
    ['shutdownGraceSeconds', { shutdownGraceSeconds: 1 }, 'cannot be set on Lambda'],
    ['streaming', { streaming: 'yes' }, 'must be true or false'],
    ['streaming', { streaming: true }, 'needs the stream of Lambda'],
    ['reserveSeconds', { reserveSeconds: 0 }, 'must be a number above 0'],
    ['reserveSeconds', { reserveSeconds: Number.NaN }, 'must be a number above 0'],
    ['reserveSeconds', { reserveSeconds: '5' }, 'must be a number above 0'],
    ['idleSecond', { idleSecond: 1 }, 'is not known'],
    ['idleSeconds', { idleSeconds: -1 }, 'must be a number'],
  ])('that cannot work are refused: %s', (option, given, problem) => {
    const config: LambdaConfig = Object.assign({ agent }, given);
    expect(() => createLambdaHandler(config)).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION',
        message: expect.stringMatching(`^The option "${option}" .*${problem}`),
      }),
    );
  });

  it('must be there', () => {
    const nothing: LambdaConfig[] = JSON.parse('[null, {}]');
    for (const config of nothing) {
      expect(() => createLambdaHandler(config)).toThrow(expect.objectContaining({ code: 'CONFIGURATION' }));
    }
  });

  it('may say the default, and reach the server', async () => {
    const agentStore = new InMemoryAgentStore({ agentId: 'a' });
    await agentStore.update('s', () => createState());
    const api = await startRuntime({ onDisconnect: 'cancel', strictSessionIds: true, agentStore });
    expect(await readAnswer(await api.invoke(functionUrl))).toMatchObject({ statusCode: 400 });
  });

  it('may name a logger, which hears of each call by the id that Lambda has given it', async () => {
    const lines: object[] = [];
    const info = (fields: object) => void lines.push(fields);
    const handler = createHandler({ agent, streaming: false, logger: { info, warn() {}, error() {} } });
    await handler(functionUrl, { awsRequestId: 'call-1', getRemainingTimeInMillis: () => 60_000 });
    expect(lines).toEqual([expect.objectContaining({ sessionId: 's', requestId: 'call-1', status: 200 })]);
  });
});
