import { once } from 'node:events';
import { connect } from 'node:net';
import { NEVER } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Redactor } from '../../src/server/failures/redactor.js';
import { startFunction } from '../lambda/harness.js';
import { echo, FakeAgent } from './fake-agent.js';
import { readAll, readKinds, sessionHeader, startServer, type TestServer } from './harness.js';

/** Sends bytes as they are, and reads what comes until the server closes the connection. */
async function sendRaw(
  server: TestServer,
  parts: Iterable<string | Uint8Array>,
  endsEarly = false,
): Promise<string> {
  const socket = connect(server.port, '127.0.0.1').setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (data) => (text += data));
  socket.on('error', () => {}); // The server may close it while something is still being sent.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const part of parts) {
    if (socket.destroyed) break;
    if (!socket.write(part))
      await Promise.race([closed, new Promise((resolve) => socket.once('drain', resolve))]);
  }
  if (endsEarly) socket.end();
  await closed;
  return text;
}

const head = (...fields: string[]) =>
  ['POST /invocations HTTP/1.1', 'host: localhost', 'connection: close', ...fields, '', ''].join('\r\n');
const withBody = (body: Uint8Array) => [head(`content-length: ${body.length}`), body];
const chunk = (size: number) => `${size.toString(16)}\r\n${' '.repeat(size)}\r\n`;

/** The server still does its work, and is not busy. */
async function expectWellAndFree(server: TestServer): Promise<void> {
  expect(await readKinds(await server.post('session-1', { prompt: 'hi' }))).toContain('task-complete');
  expect((await server.health()).status).toBe('Healthy');
}

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);

const pem = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEF'.repeat(3)}\nAoIBAQC7\n-----END PRIVATE KEY-----\n`;
const disguises: [string, (secret: string) => string][] = [
  ['as it is', (secret) => secret],
  ['within JSON', (secret) => JSON.stringify({ secret })],
  ['within JSON within JSON', (secret) => JSON.stringify(JSON.stringify({ secret }))],
  ['within a URL', (secret) => `https://host/?key=${encodeURIComponent(secret)}`],
  ['within base64', (secret) => Buffer.from(`user:${secret}`).toString('base64')],
  ['within base64 that is safe in a URL', (secret) => Buffer.from(`id:${secret}`).toString('base64url')],
  ['line by line', (secret) => secret.replaceAll('\n', ' | ')],
];

/** What a test may set, whatever answers. */
type Start = (config?: Parameters<typeof startFunction>[0]) => Promise<TestServer>;
const doors: [string, Start][] = [
  ['serve', startServer],
  ['a Lambda function behind its URL', startFunction],
];

describe.each(doors)('%s', (_door, startServer) => {
  it.each([
    ['malformed JSON', '{"prompt":"hi"'],
    ['no body', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['100,000 nested lists', nested(100_000, '[', ']')],
    ['100,000 nested objects', nested(100_000, '{"a":', '}')],
    ['1,000,000 opening brackets', '['.repeat(1_000_000)],
    ['deep metadata', `{"prompt":"hi","metadata":{"a":${nested(501, '[', ']')}}}`],
    ['__proto__ around it', '{"__proto__":{"prompt":"hi"}}'],
    ['__proto__ in it', '{"prompt":"hi","metadata":{"a":[{"__proto__":{"polluted":true}}]}}'],
    ['__proto__ in disguise', '{"prompt":"hi","metadata":{"\\u005f\\u005fproto__":{"polluted":true}}}'],
  ])('answers 400 to %s', async (_, body) => {
    const server = await startServer();
    const response = await server.post('session-1', body);
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'BAD_REQUEST' } }]);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    await expectWellAndFree(server);
  });

  it('takes brackets in a text for text', async () => {
    const server = await startServer();
    const prompt = `${'['.repeat(5_000)}\\"${'{'.repeat(5_000)}`;
    expect(await readKinds(await server.post('session-1', { prompt }))).toContain('task-complete');
    expect(server.agents[0]?.turns[0]?.message).toBe(prompt);
  });

  it('takes nested answers that are not too deep', async () => {
    const server = await startServer();
    const body = `{"inputs":[{"inputId":"i","value":${nested(400, '[', ']')}}]}`;
    expect((await server.post('session-1', body)).status).toBe(200);
  });

  it('answers 400 to invalid UTF-8', async () => {
    const server = await startServer();
    const body = Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const answer = await sendRaw(server, withBody(body));
    expect(answer).toContain('400 Bad Request');
    expect(answer).toContain('not valid UTF-8');
    await expectWellAndFree(server);
  });

  it.each([
    ['application/octet-stream'],
    ['text/plain; charset=utf-16'],
    ['application/x-www-form-urlencoded'],
    ['not a type'],
    [undefined],
  ])('reads a body with the content type %s as JSON', async (type) => {
    const server = await startServer();
    const body = Buffer.from('{"prompt":"hi"}');
    const fields = type === undefined ? [] : [`content-type: ${type}`];
    const answer = await sendRaw(server, [head(`content-length: ${body.length}`, ...fields), body]);
    expect(answer).toContain('200 OK');
    expect(answer).toContain('You said hi');
  });

  it.each([
    ['a user id of 1,025 characters', 'X-Amzn-Bedrock-AgentCore-Runtime-User-Id', 1_025],
    ['a traceparent of 129 characters', 'traceparent', 129],
    ['a tracestate of 513 characters', 'tracestate', 513],
    ['a baggage of 8,193 characters', 'baggage', 8_193],
    ['an empty session id', sessionHeader, 0],
  ])('answers 400 to %s', async (_, name, length) => {
    const server = await startServer();
    const response = await server.post(null, { prompt: 'hi' }, { headers: { [name]: 'x'.repeat(length) } });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code: 'BAD_REQUEST' } }]);
    await expectWellAndFree(server);
  });

  it('takes a session id as it is given, and checks its length only where it is told to', async () => {
    const [server, strict] = await Promise.all([startServer(), startServer({ strictSessionIds: true })]);
    const statuses = async (target: TestServer, ids: string[]) =>
      Promise.all(ids.map(async (id) => (await target.post(id, { prompt: 'hi' })).status));
    const ids = ['x', '../a b#é', 'x'.repeat(32), 'x'.repeat(33), 'x'.repeat(256), 'x'.repeat(257)];
    expect(await statuses(server, ids)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(await statuses(strict, ids)).toEqual([400, 400, 400, 200, 200, 400]);
    expect(server.agents.map(({ contextId }) => contextId).sort()).toEqual([...ids].sort());
  });

  it.each(['日', 'a\nb', 'a\u0000', 'a\u007f'])(
    'answers 400 to the session id %j, which no header can hold',
    async (id) => {
      const server = await startServer({ script: () => NEVER, keepAliveSeconds: 0.01 });
      const query = `${sessionHeader}=${encodeURIComponent(id)}`;
      for (const init of [{ method: 'POST', body: '{"prompt":"hi"}' }, { method: 'GET' }]) {
        const response = await fetch(`${server.url}/invocations?${query}`, init);
        expect([response.status, await response.json()]).toMatchObject([
          400,
          { error: { code: 'BAD_REQUEST' } },
        ]);
      }
      expect(server.agents).toEqual([]);
    },
  );

  it('makes a session id where there is none, and returns it', async () => {
    const server = await startServer({ strictSessionIds: true });
    const response = await server.post(null, { prompt: 'hi' });
    const sessionId = response.headers.get(sessionHeader);
    expect(sessionId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await readAll(response);
    await readAll(await server.post(sessionId, { prompt: 'hi' }));
    expect(server.agents.map(({ contextId, turns }) => [contextId, turns.length])).toEqual([[sessionId, 2]]);
  });

  it('needs no more than an agent that fits, and says which option cannot work', async () => {
    await expect(startServer({ maxBodyBytes: 0 })).rejects.toThrow('"maxBodyBytes"');
    await expect(startServer({ turnTimeoutSeconds: -1 })).rejects.toThrow('"turnTimeoutSeconds"');
    const server = await startServer({ agent: async (contextId) => new FakeAgent(contextId, echo) });
    await expectWellAndFree(server);
  });

  it('does not let secrets that are in its own words blow up what it logs', async () => {
    const server = await startServer({ script: () => Promise.reject(new Error('It had no credentials.')) });
    const credentials = ['e', 'd', 'r', 'a', 'c', 't', '[', ']'].map((credential) => ({
      authId: 'a',
      credential,
    }));
    expect((await server.post('session-1', { credentials })).status).toBe(500);
    expect(JSON.stringify(server.logger.lines)).toContain('I[redacted] h[redacted][redacted] no');
    expect(JSON.stringify(server.logger.lines).length).toBeLessThan(30_000);
  });

  it.each(disguises)('takes out a credential that is quoted %s', async (_, disguise) => {
    const server = await startServer({
      script: () => Promise.reject(new Error(`Cannot use <${disguise(pem)}>, <${disguise('the-api-key')}>.`)),
    });
    const credentials = [{ authId: 'a', credential: pem }];
    const headers = { 'X-Api-Key': 'the-api-key' };
    expect((await server.post('session-1', { credentials }, { headers })).status).toBe(500);
    const log = JSON.stringify(server.logger.lines);
    expect(log).toContain('Cannot use <');
    expect(log).not.toMatch(
      /MIIEvQ|BADANBgkq|the-api-key|TUlJRXZRSUJBREFO|dGhlLWFwaS1rZXk|hlLWFwaS1rZX|RoZS1hcGkta2V5/,
    );
  });

  it('leaves the frames of a stack alone, whatever words a body holds', async () => {
    const server = await startServer({ script: () => Promise.reject(new Error('No file in node_modules.')) });
    const words = ['file', 'node_modules', 'server', 'test', 'async', 'abuse'];
    await server.post('session-1', { prompt: 'file', metadata: { words } });
    const [line] = server.logger.lines;
    expect(line?.error).toMatchObject({ message: 'No [redacted] in [redacted].' });
    const { stack } = Object(line?.error);
    expect(stack).toMatch(/^Error: No \[redacted\] in \[redacted\]\.\n {4}at .*abuse\.test\.ts:\d+:\d+/);
    expect(stack.match(/redacted/g)).toHaveLength(2);
  });

  it.each([
    ['is large', [{ metadata: { filling: 'x'.repeat(1_000_000) } }]],
    [
      'holds very many texts',
      [{ metadata: { texts: Array.from({ length: 30_000 }, (_, index) => `${index}`) } }],
    ],
  ])('shows no message at all, but where it failed, if the body %s', async (_, [more]) => {
    const server = await startServer({
      script: ({ message }) => Promise.reject(new Error(`Cannot read ${message}.`)),
    });
    await server.post('session-1', { prompt: 'the prompt', ...more });
    expect(server.logger.lines[0]?.error).toMatchObject({
      message: '[redacted]',
      stack: expect.stringMatching(/^Error: \[redacted\]\n {4}at .*abuse\.test\.ts/),
    });
  });

  it('says which field of a body is wrong and what it may hold, never its value', async () => {
    const server = await startServer();
    const said = async (body: unknown) =>
      Object(JSON.parse(await (await server.post('session-1', body)).text())).error.message;
    const long = 'secret'.repeat(20_000);
    expect(await said({ prompt: long })).toBe('"prompt" must be a text of 1 to 100000 characters.');
    expect(await said({ prompt: 'hi', metadata: ['secret'] })).toBe('"metadata" must be an object.');
    expect(await said({ inputs: 'secret' })).toBe('"inputs" must be a list of at most 20 entries.');
    expect(await said({ inputs: ['secret'] })).toBe('"inputs.0" must be an object.');
    expect(await said({ inputs: [{ inputId: '' }] })).toBe(
      '"inputs.0.inputId" must be a text of 1 to 256 characters.',
    );
    expect(await said({ credentials: [{ authId: 'a', credential: long }] })).toBe(
      '"credentials.0.credential" must be a text of 1 to 65536 characters.',
    );
    expect(await said({ inputs: [], credentials: [] })).toBe(
      '"inputs" or "credentials" must have at least one entry.',
    );
    expect(await said({ type: 'secret' })).toBe(
      '"type" must be "prompt", "resume", "attach", "cancel" or "status".',
    );
    expect(await said('"secret"')).toBe('The body must be a JSON object.');
  });
});

it('drops a request whose body is cut off', async () => {
  const server = await startServer();
  await sendRaw(server, [head('content-length: 100'), '{"prompt":'], true);
  await sendRaw(server, [head('transfer-encoding: chunked'), '5\r\n{"pro'], true);
  expect(server.agents).toEqual([]);
  await expectWellAndFree(server);
});

it('answers 400 to a broken chunk and to what is no HTTP at all', async () => {
  const server = await startServer();
  expect(await sendRaw(server, [head('transfer-encoding: chunked'), 'zz\r\n'])).toContain('400 Bad Request');
  expect(await sendRaw(server, ['\0\0\0\r\n\r\n'])).toContain('400 Bad Request');
  await expectWellAndFree(server);
});

it('answers 413 to a body that says it is too large, before it is read', async () => {
  const server = await startServer({ maxBodyBytes: 1_000 });
  const answer = await sendRaw(server, [head('content-length: 1001')]);
  expect(answer).toContain('413 Payload Too Large');
  expect(answer).toContain('"BODY_TOO_LARGE"');
  await expectWellAndFree(server);
});

it('answers 413 to an endless body as soon as it is too large', async () => {
  const server = await startServer({ maxBodyBytes: 1_000_000 });
  function* endless() {
    yield head('transfer-encoding: chunked');
    for (;;) yield chunk(100_000);
  }
  expect(await sendRaw(server, endless())).toContain('413 Payload Too Large');
  expect(server.agents).toEqual([]);
  await expectWellAndFree(server);
});

it('reads a body of 8 MB by default, and no larger one', async () => {
  const server = await startServer();
  const fill = (size: number) => `{"prompt":"hi"${' '.repeat(size - 15)}}`;
  expect((await server.post('session-1', fill(8_000_000))).status).toBe(200);
  expect((await server.post('session-2', fill(8_000_001))).status).toBe(413);
});

it('answers 431 to headers that no platform sends, and goes on', async () => {
  const server = await startServer();
  const answer = await sendRaw(server, [head(`x-large: ${'x'.repeat(200_000)}`)]);
  expect(answer).toContain('431 Request Header Fields Too Large');
  await expectWellAndFree(server);
});

it('keeps a connection for longer than load balancers do', async () => {
  const server = await startServer();
  expect((await server.get(null, '/ping')).headers.get('keep-alive')).toBe('timeout=75');
});

it('closes although a request is only half there', async () => {
  const server = await startServer();
  const answer = sendRaw(server, [head('content-length: 100'), '{"prompt":']);
  await expectWellAndFree(server);
  await server.close();
  expect(await answer).toBe('');
});

it('closes although the store does not answer somebody who looks at a state', async () => {
  const load = vi.fn(() => new Promise<never>(() => {}));
  const server = await startServer({ agentStore: { load } });
  const answer = server.post('session-1', { type: 'status' }).catch(() => 'cut off');
  await vi.waitFor(() => expect(load).toHaveBeenCalled());
  await server.close();
  expect(await answer).toBe('cut off');
});

it('collects the secrets of a request once, however much there is to say of its failure', () => {
  const collected = vi.fn();
  const redactor = new Redactor();
  redactor.hide({ texts: ['secret', Object.defineProperty({}, 'a', { enumerable: true, get: collected })] });
  const cause = new Error('the secret cause');
  expect(redactor.describe(new Error('It is secret.', { cause }))).toMatchObject({
    message: 'It is [redacted].',
    cause: { message: 'the [redacted] cause' },
  });
  expect(collected).toHaveBeenCalledOnce();
});

it('reads a body with escapes in it without looking at each value while it parses', async () => {
  const parse = vi.spyOn(JSON, 'parse');
  onTestFinished(() => parse.mockRestore());
  const server = await startServer();
  const body = '{"prompt":"caf\\u00e9 \\u005f"}';
  expect(await readKinds(await server.post('session-1', body))).toContain('task-complete');
  expect(server.agents[0]?.turns[0]?.message).toBe('café _');
  expect(parse).toHaveBeenCalledWith(body);
});

it('closes connections that never send a request', async () => {
  const { http, port } = await startServer();
  expect(http.headersTimeout).toBeLessThanOrEqual(20_000);
  http.headersTimeout = 1;
  const socket = connect(port, '127.0.0.1').resume();
  await once(socket, 'close');
});
