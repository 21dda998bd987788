import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requireNode } from '../../examples/local-server/settings.js';
import { DynamoDBAgentStore } from '../../src/stores.js';
import { createClient, createTable, startDynamoDB } from '../backends/dynamodb-endpoint.js';
import { RedisServer } from '../backends/redis-server.js';
import { LocalServer } from './local-server-process.js';

const isoDate = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const longPrompt = 'word '.repeat(2_000);
const closing: (() => unknown)[] = [];
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'local-server-'));
});

afterEach(async () => {
  await LocalServer.killAll();
  for (const close of closing.splice(0)) await close();
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** An environment with data of its own, which later processes may share. */
function freshData() {
  return { DATA_DIR: join(root, randomUUID()) };
}

async function listen(server: Server): Promise<number> {
  closing.push(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  return address.port;
}

/** A table that is not the embedded one, and the environment that points to it. */
async function useTable(partitionKeyName?: string, sortKeyName?: string) {
  const { url, close } = await startDynamoDB();
  closing.push(close);
  const client = createClient(url);
  const tableName = await createTable(client, partitionKeyName, sortKeyName);
  const env = {
    AGENT_STATE_TABLE: tableName,
    AWS_ENDPOINT_URL_DYNAMODB: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  return { client, tableName, env };
}

/** Has the agent ask, and returns the id that the answer needs. */
async function ask(server: LocalServer, question: string): Promise<unknown> {
  const events = await server.invoke('s', { prompt: `ask ${question}` });
  return events.find(({ event }) => event === 'tool-input-required')?.data.inputId;
}

describe('npm start', () => {
  it('says where it listens, which store it uses, and two requests to paste that work', async () => {
    const env = freshData();
    const server = await LocalServer.start(env);
    const requests = [...server.stdout.matchAll(/^ {2}curl (.*)$/gm)].map(([, line = '']) => ({
      url: line.match(/http:\S+/)?.[0],
      header: line.match(/-H '([^:]+): ([^']+)'/)?.slice(1),
      body: line.match(/-d '([^']+)'/)?.[1],
    }));
    expect(server.stdout).toContain(`Store: DynamoDB, embedded, with its files in ${env.DATA_DIR}`);
    const answers = [];
    for (const { url = '', header: [name = '', value = ''] = [], body } of requests) {
      // curl says that a body is a form.
      const form = { 'content-type': 'application/x-www-form-urlencoded' };
      const init = body === undefined ? {} : { method: 'POST', body, headers: { ...form, [name]: value } };
      const response = await fetch(url, { headers: { [name]: value }, ...init });
      answers.push([response.status, await response.text()]);
    }
    expect(answers).toEqual([
      [200, expect.stringContaining('event: task-complete')],
      [200, expect.stringContaining('"turnCount":1')],
    ]);
    expect(server.stderr).toBe('');
  });

  it('streams the events of a turn', async () => {
    const server = await LocalServer.start({ AGENT_STORE: 'memory' });
    const response = await server.request('/invocations', 's', { prompt: 'hello there' });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    await response.text();
    const events = await server.invoke('s', { prompt: 'hello there' });
    const deltas = events.filter(({ event }) => event === 'content-delta').map(({ data }) => data.delta);
    expect(deltas.length).toBeGreaterThan(2);
    expect(deltas.join('')).toBe('Turn 2. You said: hello there');
    expect(events.filter(({ event }) => event !== 'content-delta').map(({ event }) => event)).toEqual([
      'task-created',
      'task-status',
      'content-complete',
      'task-complete',
    ]);
  });

  it('answers the state of a session, 404 where there is none, 400 without a session, and pings', async () => {
    const server = await LocalServer.start({ AGENT_STORE: 'memory' });
    await server.invoke('s', { prompt: 'hello' });
    const now = isoDate;
    expect(await server.state('s')).toEqual({
      status: 'idle',
      turnCount: 1,
      createdAt: now,
      lastActivity: now,
    });
    expect((await server.request('/invocations', 'another')).status).toBe(404);
    expect((await server.request('/invocations')).status).toBe(400);
    const ping = await server.request('/ping');
    expect(await ping.json()).toEqual({ status: 'Healthy', time_of_last_update: expect.any(Number) });
  });

  it('is busy while a turn runs', async () => {
    const server = await LocalServer.start({ AGENT_STORE: 'memory' });
    await server.beginTurn('s', { prompt: longPrompt });
    expect(await (await server.request('/ping')).json()).toMatchObject({ status: 'HealthyBusy' });
  });
});

describe('a session', () => {
  it('says what was said before kill -9, what was cut off and what was answered included', async () => {
    const env = freshData();
    const first = await LocalServer.start(env);
    await first.invoke('s', { prompt: 'hello' });
    const inputId = await ask(first, 'What is your name?');
    await first.kill();

    const second = await LocalServer.start(env);
    await second.invoke('s', { inputs: [{ inputId, value: 'Ada' }] });
    await second.beginTurn('s', { prompt: longPrompt });
    await second.kill();

    const third = await LocalServer.start(env);
    const events = await third.invoke('s', { prompt: 'recall' });
    const said = [
      'user: hello',
      'assistant: Turn 1. You said: hello',
      'user: ask What is your name?',
      'assistant: What is your name?',
      'user: Ada',
      'assistant: Turn 2. You answered "What is your name?" with: Ada',
      `user: ${longPrompt}`,
    ];
    const content = `Turn 5. You said: recall ${said.join(' ')}`;
    expect(events.find(({ event }) => event === 'content-complete')?.data.content).toBe(content);
  });

  it('goes on counting turns after kill -9 in the middle of one', async () => {
    const env = freshData();
    const first = await LocalServer.start(env);
    await first.invoke('s', { prompt: 'hello' });
    await first.beginTurn('s', { prompt: longPrompt });
    await first.kill();

    const second = await LocalServer.start(env);
    expect(await second.state('s')).toMatchObject({ status: 'busy', turnCount: 2 });
    const events = await second.invoke('s', { prompt: 'back' });
    expect(events.at(-1)).toMatchObject({
      event: 'task-complete',
      data: { content: 'Turn 3. You said: back' },
    });
    expect(await second.state('s')).toMatchObject({ status: 'idle', turnCount: 3 });
  });

  it('still waits for an answer after kill -9, and is completed by it', async () => {
    const env = freshData();
    const first = await LocalServer.start(env);
    const inputId = await ask(first, 'your name?');
    expect(inputId).toEqual(expect.any(String));
    await first.kill();

    const second = await LocalServer.start(env);
    expect(await second.state('s')).toMatchObject({
      status: 'waiting-input',
      turnCount: 1,
      pendingToolInputs: [{ inputId, prompt: 'your name?', toolName: 'ask' }],
    });
    const events = await second.invoke('s', { inputs: [{ inputId, value: 'Ada' }] });
    expect(events.at(-1)).toMatchObject({
      event: 'task-complete',
      data: { content: 'Turn 1. You answered "your name?" with: Ada' },
    });
    const state = await second.state('s');
    expect(state).toMatchObject({ status: 'idle', turnCount: 2 });
    expect(state).not.toHaveProperty('pendingToolInputs');
    expect((await second.request('/invocations', 's', { inputs: [{ inputId, value: 'Eve' }] })).status).toBe(
      409,
    );
  });

  it('still waits for an answer after kill -9 in the middle of answering it', async () => {
    const env = freshData();
    const answer = 'word '.repeat(100);
    const first = await LocalServer.start(env);
    const inputId = await ask(first, 'what?');
    await first.beginTurn('s', { inputs: [{ inputId, value: answer }] });
    await first.kill();

    const second = await LocalServer.start(env);
    expect(await second.state('s')).toMatchObject({ status: 'busy', pendingToolInputs: [{ inputId }] });
    const other = await second.invoke('s', { inputs: [{ inputId, value: { colour: 'red' } }] });
    expect(other.at(-1)?.data).toMatchObject({ status: 'failed', code: 'ALREADY_ANSWERED' });
    const events = await second.invoke('s', { inputs: [{ inputId, value: answer }] });
    expect(events.at(-1)?.data.content).toBe(`Turn 1. You answered "what?" with: ${answer}`);
  });

  it('refuses an answer to a question that was not asked, and goes on waiting', async () => {
    const server = await LocalServer.start({ AGENT_STORE: 'memory' });
    const inputId = await ask(server, 'what?');
    const events = await server.invoke('s', { inputs: [{ inputId: 'other', value: 1 }] });
    const message = expect.stringContaining('"other"');
    expect(events.at(-1)).toMatchObject({ event: 'task-status', data: { status: 'failed', message } });
    expect(await server.state('s')).toMatchObject({ turnCount: 1, pendingToolInputs: [{ inputId }] });
    const answered = await server.invoke('s', { inputs: [{ inputId, value: 'this' }] });
    expect(answered.at(-1)?.event).toBe('task-complete');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('survives %s, which ends the process cleanly', async (signal) => {
    const env = freshData();
    const first = await LocalServer.start(env);
    await first.invoke('s', { prompt: 'hello' });
    expect(await first.stop(signal)).toBe(0);
    expect(first.stderr).toBe('');

    const second = await LocalServer.start(env);
    expect((await second.invoke('s', { prompt: 'back' })).at(-1)?.data.content).toMatch(/^Turn 2\./);
  });

  it('survives kill -9 while the table was being made', async () => {
    const env = freshData();
    const maker = spawn(process.execPath, [
      'test/examples/half-made-table.mjs',
      join(env.DATA_DIR, 'dynamodb'),
    ]);
    await Promise.race([once(maker.stdout, 'data'), once(maker, 'close')]);
    maker.kill('SIGKILL');
    expect(await once(maker, 'close')).toEqual([null, 'SIGKILL']);

    const server = await LocalServer.start(env);
    expect((await server.invoke('s', { prompt: 'hello' })).at(-1)?.event).toBe('task-complete');
  });

  it('is kept in the Redis that REDIS_URL names, and a question in it outlives the process', async () => {
    const redis = await RedisServer.start();
    closing.push(() => redis.stop());
    const REDIS_URL = redis.url;
    const first = await LocalServer.start({ REDIS_URL });
    expect(first.stdout).toContain(`Store: Redis at ${new URL(REDIS_URL).host}`);
    const inputId = await ask(first, 'Who?');
    await first.kill();
    const second = await LocalServer.start({ REDIS_URL });
    await second.invoke('s', { inputs: [{ inputId, value: 'Ada' }] });
    expect(await second.state('s')).toMatchObject({ status: 'idle', turnCount: 2 });
  });

  it('is kept in the table that AGENT_STATE_TABLE names, and shown without stack traces', async () => {
    const { client, tableName, env } = await useTable();
    const server = await LocalServer.start(env);
    expect(server.stdout).toContain(`Store: DynamoDB table "${tableName}"`);
    await server.invoke('s', { prompt: 'hello' });
    const Key = { pk: { S: 'agent#demo' }, sk: { S: 'context#s' } };
    const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key }));
    expect(Item).toMatchObject({ entityType: { S: 'agent-state' }, state: { M: { turnCount: { N: '1' } } } });

    const store = new DynamoDBAgentStore({ tableName, agentId: 'demo', documentClient: client });
    const now = new Date();
    const error = { name: 'Error', message: 'no', stack: 'at secret (file.ts:1)' };
    await store.save('failed', { status: 'error', turnCount: 1, createdAt: now, lastActivity: now, error });
    expect(await server.state('failed')).toMatchObject({ error: { name: 'Error', message: 'no' } });
    expect(JSON.stringify(await server.state('failed'))).not.toContain('secret');
  });
});

describe('what is wrong at the start is one line and exit code 1:', () => {
  async function failure(env: Record<string, string>): Promise<string> {
    const server = await LocalServer.launch(env);
    expect(await server.exit()).toBe(1);
    expect(server.stdout).toBe('');
    expect(server.stderr).toMatch(/^[^\n]+\n$/);
    return server.stderr;
  }

  it('a table that does not exist', async () => {
    const { AWS_ENDPOINT_URL_DYNAMODB } = (await useTable()).env;
    expect(await failure({ AGENT_STATE_TABLE: 'missing', AWS_ENDPOINT_URL_DYNAMODB })).toMatch(
      /"missing" does not exist/,
    );
  });

  it('a table with another key schema', async () => {
    const { env, tableName } = await useTable('id', 'kind');
    expect(await failure(env)).toContain(`"${tableName}" has another key schema`);
  });

  it('a table that may not be read', async () => {
    const denying = createServer((_, response) => {
      const body = {
        __type: 'com.amazon.coral.service#AccessDeniedException',
        message: 'User: x is not authorized',
      };
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
    });
    const AWS_ENDPOINT_URL_DYNAMODB = `http://127.0.0.1:${await listen(denying)}`;
    expect(await failure({ AGENT_STATE_TABLE: 'theirs', AWS_ENDPOINT_URL_DYNAMODB })).toMatch(
      /"theirs" is denied/,
    );
  });

  it('an endpoint where nothing answers', async () => {
    const AWS_ENDPOINT_URL_DYNAMODB = 'http://127.0.0.1:1';
    expect(await failure({ AGENT_STATE_TABLE: 'theirs', AWS_ENDPOINT_URL_DYNAMODB })).toMatch(
      /Check the network and the endpoint/,
    );
  });

  it('an endpoint that is not known, and one without http://', async () => {
    const start = (AWS_ENDPOINT_URL_DYNAMODB: string) =>
      failure({
        AGENT_STATE_TABLE: 'theirs',
        AWS_ENDPOINT_URL_DYNAMODB,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
      });
    expect(await start('http://127.0.0.1:1')).toMatch(
      /Nothing listens there: connect ECONNREFUSED 127.0.0.1:1/,
    );
    expect(await start('http://no-such-host.invalid')).toMatch(/host is not known: .*no-such-host\.invalid/);
    for (const endpoint of ['localhost:8000', '127.0.0.1:8000', 'dynamodb'])
      expect(await start(endpoint)).toContain(`"${endpoint}"; it must start with http:// or https://`);
  });

  it('a DATA_DIR that is a file', async () => {
    const DATA_DIR = join(root, randomUUID());
    await writeFile(DATA_DIR, '');
    expect(await failure({ DATA_DIR })).toContain('Set DATA_DIR to a folder');
  });

  it('no region', async () => {
    expect(await failure({ AGENT_STATE_TABLE: 'theirs' })).toMatch(/Set AWS_REGION/);
  });

  it('a Redis that is not there, and a URL that is none', async () => {
    const gone = await RedisServer.create();
    closing.push(() => gone.stop());
    const message = await failure({ REDIS_URL: gone.url.replace('//', '//:secret@') });
    expect(message).toContain(`Redis at 127.0.0.1:${gone.port} cannot be used: connect ECONNREFUSED`);
    expect(message).not.toContain('secret');
    const port = await listen(createServer((request) => request.socket.destroy()));
    expect(await failure({ REDIS_URL: `redis://:secret@127.0.0.1:${port}` })).not.toContain('secret');
    expect(await failure({ REDIS_URL: 'localhost' })).toContain('"url"');
  });

  it('two stores at once', async () => {
    expect(await failure({ REDIS_URL: 'redis://localhost', AGENT_STATE_TABLE: 'theirs' })).toContain(
      'leave one out',
    );
  });

  it('a port in use', async () => {
    const PORT = String(await listen(createServer()));
    expect(await failure({ AGENT_STORE: 'memory', PORT })).toMatch(/port is in use/);
  });

  it.each([
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['AGENT_STORE', 'redis'],
  ])('%s=%s', async (name, value) => {
    expect(await failure({ AGENT_STORE: 'memory', [name]: value })).toContain(`${name} is "${value}"`);
  });

  it('a Node that is too old', () => {
    expect(() => requireNode('18.20.8')).toThrow('This is Node 18.20.8; install 20 or later.');
    for (const version of ['20.0.0', '22.12.0', '100.0.0']) expect(() => requireNode(version)).not.toThrow();
  });

  it('data that another process has open', async () => {
    const env = freshData();
    await LocalServer.start(env);
    expect(await failure(env)).toMatch(/another process has it open/);
  });
});
