import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DynamoDBAgentStore, DynamoDBMessageStore } from '../../src/adapters/dynamodb/index.js';
import { RedisAgentStore, RedisMessageStore } from '../../src/adapters/redis/index.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import type { MessageStore } from '../../src/domain/message-store.js';
import { createClient, createTable, startDynamoDB } from '../backends/dynamodb-endpoint.js';
import { RedisServer } from '../backends/redis-server.js';
import { callRaw, readAll, readEvents, type SentEvent, sessionHeader } from './harness.js';
import { attach, codeOf, deltasOf, eventually, turnOf } from './shared-servers.js';
import type { Command, ProcessOptions, Report } from './turn-process.js';

/** What the processes of a test share, as this process sees it. */
interface Shared {
  readonly options: ProcessOptions;
  readonly agentStore: AgentStore;
  readonly messageStore: MessageStore;
  stop(): Promise<void>;
}

async function shareRedis(): Promise<Shared> {
  const server = await RedisServer.start();
  const client = new Redis(server.url, { socketTimeout: 60_000 });
  return {
    options: { url: server.url },
    agentStore: new RedisAgentStore({ agentId: 'agent', client }),
    messageStore: new RedisMessageStore({ agentId: 'agent', client }),
    stop: async () => {
      client.disconnect();
      await server.stop();
    },
  };
}

async function shareDynamoDB(): Promise<Shared> {
  const { url, close } = await startDynamoDB();
  const documentClient = createClient(url);
  const options = { agentId: 'agent', tableName: await createTable(documentClient), documentClient };
  return {
    options: { url, tableName: options.tableName },
    agentStore: new DynamoDBAgentStore(options),
    messageStore: new DynamoDBMessageStore(options),
    stop: async () => {
      documentClient.destroy();
      await close();
    },
  };
}

const script = fileURLToPath(new URL('./turn-process.ts', import.meta.url));

/** A server in a process of its own. */
class ServerProcess {
  readonly reports: Report[] = [];
  readonly #child: ChildProcess;
  readonly ended: Promise<unknown[]>;
  port = 0;

  private constructor(options: ProcessOptions) {
    this.#child = fork(script, [JSON.stringify(options)], {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    });
    this.#child.on('message', (report: Report) => this.reports.push(report));
    this.ended = once(this.#child, 'exit');
  }

  static async start(options: ProcessOptions): Promise<ServerProcess> {
    const server = new ServerProcess(options);
    await server.told('port');
    server.port = server.reports[0]?.port ?? 0;
    return server;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  post(session: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/invocations`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { [sessionHeader]: session, ...headers },
    });
  }

  order(command: Command): void {
    this.#child.send(command);
  }

  /** Has a turn say these and then, unless it is to go on, end. */
  say(session: string, ...deltas: string[]): void {
    for (const delta of deltas) this.order({ session, say: delta });
  }

  finish(session: string): void {
    this.order({ session });
  }

  told(what: keyof Report, count = 1): Promise<void> {
    return eventually(() => expect(this.all(what).length).toBeGreaterThanOrEqual(count));
  }

  all(what: keyof Report): unknown[] {
    return this.reports.flatMap((report) => report[what] ?? []);
  }

  async signal(name: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#child.kill(name);
    await this.ended;
  }

  suspend(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }
}

async function killAll(servers: readonly ServerProcess[]): Promise<void> {
  await Promise.all(servers.map((server) => server.signal('SIGKILL')));
}

const prompt = { prompt: 'hi' };
let sessions = 0;
const nextSession = () => `session-${++sessions}`;

/** The answer of a server that can begin a turn again, once it can. */
async function begin(server: ServerProcess, session: string, body: object = prompt): Promise<Response> {
  for (;;) {
    const response = await server.post(session, body);
    if (response.status === 200) return response;
    expect([response.status, response.headers.get('retry-after')]).toEqual([409, '1']);
    await response.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What comes of a stream that has been read from already. */
async function drain(received: AsyncGenerator<SentEvent>): Promise<SentEvent[]> {
  const sent: SentEvent[] = [];
  for await (const each of received) sent.push(each);
  return sent;
}

/** Reads a stream up to an event that says this. */
async function hearDelta(received: AsyncGenerator<SentEvent>, delta: string): Promise<SentEvent[]> {
  const sent: SentEvent[] = [];
  for (;;) {
    const { value } = await received.next();
    if (value === undefined) throw new Error(`The stream has ended before it said "${delta}".`);
    sent.push(value);
    if (value.data.delta === delta) return sent;
  }
}

describe.each([
  ['Redis', shareRedis],
  ['DynamoDB', shareDynamoDB],
])('processes that share %s', (_, share) => {
  let shared: Shared;
  const idle: ServerProcess[] = [];
  beforeAll(async () => {
    shared = await share();
  });
  afterAll(async () => {
    await killAll(idle);
    await shared.stop();
  });

  /** Processes that nobody uses now. Those that a test has not killed are used again: to start one takes seconds. */
  async function start(count: number, options: Partial<ProcessOptions> = {}): Promise<ServerProcess[]> {
    const isPlain = Object.keys(options).length === 0;
    const servers = isPlain ? idle.splice(0, count) : [];
    const missing = Array.from({ length: count - servers.length }, () =>
      ServerProcess.start({ ...shared.options, ...options }),
    );
    servers.push(...(await Promise.all(missing)));
    for (const server of servers) server.reports.length = 0;
    onTestFinished(async () => {
      if (isPlain) idle.push(...servers.filter((server) => !server.hasEnded));
      else await killAll(servers);
    });
    return servers;
  }

  const contents = async (session: string) =>
    (await shared.messageStore.getRange(session, 0, 99)).map(({ content }) => content);

  it('tell what a killed one has logged of its turn, and then INTERRUPTED, and the session runs again', async () => {
    const [killed, other] = await startTwo();
    const session = nextSession();
    const key = { 'Idempotency-Key': '"key"' };
    const asked = readEvents(await killed.post(session, prompt, key));
    await killed.told('runs');
    killed.say(session, 'a', 'b');
    const heard = await hearDelta(asked, 'b');
    const attached = readEvents(await attach(other, session));
    const logged = await hearDelta(attached, 'b');
    expect(logged).toEqual(heard);
    const joined = readEvents(await other.post(session, prompt, key));
    expect(await hearDelta(joined, 'b')).toEqual(heard);
    await killed.signal('SIGKILL');
    await expect(drain(asked)).rejects.toThrow();
    const rest = await drain(attached);
    expect(rest.map(codeOf)).toEqual(['INTERRUPTED']);
    expect(turnOf(rest[0])).toBe(turnOf(heard[0]));
    expect(await drain(joined)).toEqual(rest);
    // A repeat is told the same, and runs nothing.
    expect(await readAll(await other.post(session, prompt, key))).toEqual([...logged, ...rest]);
    expect((await other.post(session, { prompt: 'another' }, key)).status).toBe(422);
    expect((await attach(other, session, rest[0]?.id)).status).toBe(204);
    expect(await readAll(await attach(other, session, heard.at(-1)?.id, 'query'))).toEqual(rest);
    expect(other.all('made')).toEqual([]);
    const next = await begin(other, session, { prompt: 'again' });
    await other.told('runs');
    other.finish(session);
    expect((await readAll(next)).at(-1)?.kind).toBe('task-complete');
    expect(Number(other.all('token')[0])).toBeGreaterThan(Number(killed.all('token')[0]));
    expect(await contents(session)).toEqual(['hi', 'again', 'answer']);
    expect(await shared.agentStore.peek(session)).toMatchObject({ status: 'idle', turnCount: 1 });
    // The interrupted turn is told of as before.
    const [third] = await start(1);
    expect(await readAll((await third?.post(session, prompt, key)) ?? expect.fail())).toEqual([
      ...logged,
      ...rest,
    ]);
  });

  it('take over from one that is suspended for longer than its lease, which then neither writes nor claims anything', async () => {
    const [suspended, other] = await startTwo();
    const session = nextSession();
    const asked = readEvents(await suspended.post(session, prompt));
    await suspended.told('runs');
    suspended.say(session, 'a');
    const heard = await hearDelta(asked, 'a');
    const attached = readEvents(await attach(other, session));
    await hearDelta(attached, 'a');
    suspended.suspend();
    const next = readEvents(await begin(other, session, { prompt: 'again' }));
    await other.told('runs');
    expect((await drain(attached)).map(codeOf)).toEqual(['INTERRUPTED']);
    const before = suspended.reports.length;
    // The first thing it does when it wakes is to end its turn, as it would have.
    suspended.say(session, 'late');
    suspended.finish(session);
    suspended.resume();
    const rest = await drain(asked);
    expect(rest.map(({ kind }) => kind)).not.toContain('task-complete');
    expect(rest.map(codeOf).at(-1)).toBe('INTERRUPTED');
    // What it tries to write, the answer and its failure, is refused.
    await suspended.told('write', suspended.reports.slice(0, before).filter(({ write }) => write).length + 2);
    const writes = suspended.reports.slice(before).flatMap(({ write }) => write ?? []);
    expect(writes).toEqual(writes.map(() => 'CONFLICT'));
    expect((await attach(suspended, session, rest.at(-1)?.id)).status).toBe(204);
    other.say(session, 'b');
    other.finish(session);
    const all = await drain(next);
    expect([deltasOf(all), all.at(-1)?.kind]).toEqual([['b'], 'task-complete']);
    expect(Number(other.all('token')[0])).toBeGreaterThan(Number(suspended.all('token')[0]));
    expect(await contents(session)).toEqual(['hi', 'again', 'answer']);
    expect(await shared.agentStore.peek(session)).toMatchObject({ status: 'idle', turnCount: 1 });
    // It goes on as if nothing had been.
    const third = await suspended.post(session, { prompt: 'third' });
    await suspended.told('runs', 2);
    suspended.finish(session);
    expect((await readAll(third)).at(-1)?.kind).toBe('task-complete');
    expect(await contents(session)).toEqual(['hi', 'again', 'answer', 'third', 'answer']);
    expect(await shared.agentStore.peek(session)).toMatchObject({ status: 'idle', turnCount: 2 });
    expect(turnOf(heard[0])).not.toBe(turnOf(all[0]));
  });

  it('run a request with a key once: repeated while it runs, after a lost answer and after the end', async () => {
    const [one, other] = await startTwo();
    const session = nextSession();
    const body = { ...prompt, idempotencyKey: 'key' };
    const socket = callRaw(one, session, body);
    await one.told('runs');
    one.say(session, 'a');
    await once(socket, 'data');
    socket.destroy();
    const repeats = [readEvents(await other.post(session, body)), readEvents(await one.post(session, body))];
    for (const repeat of repeats) expect(deltasOf(await hearDelta(repeat, 'a'))).toEqual(['a']);
    one.say(session, 'b');
    one.finish(session);
    const [rest, restHere] = await Promise.all(repeats.map(drain));
    expect([deltasOf(rest ?? []), rest?.at(-1)?.kind]).toEqual([['b'], 'task-complete']);
    expect(restHere).toEqual(rest);
    const whole = await readAll(await other.post(session, body));
    expect(whole.slice(-2)).toEqual(rest);
    const json = await other.post(session, body, { accept: 'application/json' });
    expect(await json.json()).toMatchObject({ content: 'ab' });
    // Nor by a process that has been started since, when the first one has ended.
    await one.signal('SIGKILL');
    const [third] = await start(1);
    expect(await readAll((await third?.post(session, body)) ?? expect.fail())).toEqual(whole);
    expect([one.all('made'), other.all('made'), third?.all('made')]).toEqual([[session], [], []]);
    expect(await contents(session)).toEqual(['hi', 'answer']);
  });

  it('stop a turn of another one that is told to cancel it, when it has stopped', async () => {
    const [one, other] = await startTwo();
    const session = nextSession();
    const asked = readEvents(await one.post(session, prompt));
    await one.told('runs');
    one.say(session, 'a');
    await hearDelta(asked, 'a');
    const attached = readEvents(await attach(other, session));
    await hearDelta(attached, 'a');
    expect(await (await other.post(session, { type: 'cancel' })).json()).toEqual({ cancelled: true });
    const next = await other.post(session, { prompt: 'again' });
    expect(next.status).toBe(200);
    expect((await drain(asked)).map(codeOf)).toEqual(['CANCELLED']);
    expect((await drain(attached)).map(codeOf)).toEqual(['CANCELLED']);
    await other.told('runs');
    // What the cancelled one still does is not written.
    const writes = one.all('write').length;
    one.finish(session);
    await one.told('write', writes + 2);
    expect(one.all('write').slice(writes)).toEqual(['CONFLICT', 'CONFLICT']);
    other.finish(session);
    expect((await readAll(next)).at(-1)?.kind).toBe('task-complete');
    expect(await (await one.post(session, { type: 'cancel' })).json()).toEqual({ cancelled: false });
    expect(await contents(session)).toEqual(['hi', 'again', 'answer']);
  });

  it('refuse a turn while another process runs one, with no agent made and nothing written', async () => {
    const [one, other] = await startTwo();
    const session = nextSession();
    const asked = await one.post(session, prompt);
    await one.told('runs');
    const before = await shared.agentStore.peek(session);
    const refused = await other.post(session, prompt, { 'Idempotency-Key': 'another' });
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toMatchObject([
      409,
      '1',
      { error: { code: 'TURN_RUNNING' } },
    ]);
    expect(await shared.agentStore.peek(session)).toEqual(before);
    expect(await contents(session)).toEqual(['hi']);
    one.finish(session);
    expect((await readAll(asked)).at(-1)?.kind).toBe('task-complete');
    // The key that was refused stands for nothing.
    const again = await other.post(session, { prompt: 'again' }, { 'Idempotency-Key': 'another' });
    await other.told('runs');
    other.finish(session);
    expect((await readAll(again)).at(-1)?.kind).toBe('task-complete');
    expect(other.all('made')).toEqual([session]);
  });

  it('let exactly one owner have a session, whoever asks which process first', async () => {
    const servers = await start(3, { hasOwners: true });
    const owners = new Map<string, string>();
    for (let race = 0; race < 10; race++) {
      const session = nextSession();
      const answers = await Promise.all(
        Array.from({ length: 6 }, async (_, index) => {
          const authorization = `caller ${index}`;
          const server = servers[(index + race) % 3] ?? expect.fail();
          const { status, body } = await server.post(session, prompt, { authorization });
          await body?.cancel();
          return { status, authorization };
        }),
      );
      const allowed = answers.filter(({ status }) => status !== 403);
      expect(allowed).toMatchObject([{ status: 200 }]);
      owners.set(session, allowed[0]?.authorization ?? '');
    }
    await killAll(servers);
    const [later] = await start(1, { hasOwners: true });
    for (const [session, owner] of owners)
      for (const index of [0, 1, 2, 3, 4, 5]) {
        const authorization = `caller ${index}`;
        const response = await later?.post(session, { type: 'status' }, { authorization });
        expect([authorization, response?.status]).toEqual([
          authorization,
          authorization === owner ? 200 : 403,
        ]);
      }
  });

  it('let a browser hear everything once that is cut off and comes to another process each time', async () => {
    const servers = await start(3);
    const [one] = servers;
    const session = nextSession();
    await one?.post(session, prompt);
    await one?.told('runs');
    const heard: SentEvent[] = [];
    let said = 0;
    for (let round = 0; ; round++) {
      const server = servers[(round + 1) % 3] ?? expect.fail();
      const response = await attach(server, session, heard.at(-1)?.id, 'query');
      if (response.status === 204) break;
      expect(response.status).toBe(200);
      const received = readEvents(response);
      if (said < 8) one?.say(session, `${said++}`, `${said++}`);
      else if (said++ === 8) one?.finish(session);
      const { value } = await received.next();
      if (value !== undefined) heard.push(value);
      await received.return(undefined);
    }
    const kinds = ['task-created', 'task-status', ...Array(8).fill('content-delta'), 'task-complete'];
    expect(heard.map(({ kind }) => kind)).toEqual(kinds);
    expect(deltasOf(heard)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    expect(heard.map(({ id }) => Number(id.split(':')[1]))).toEqual(kinds.map((_, index) => index + 1));
  });

  it('end their turns at SIGTERM, give the sessions back and close the turn store', async () => {
    const [one, other] = await startTwo();
    const session = nextSession();
    const asked = readEvents(await one.post(session, prompt));
    await one.told('runs');
    one.say(session, 'a');
    await hearDelta(asked, 'a');
    const attached = readEvents(await attach(other, session));
    await one.signal('SIGTERM');
    expect((await one.ended)[0]).toBe(0);
    expect(one.all('closed')).toEqual(['turnStore']);
    expect((await drain(asked)).map(codeOf)).toEqual(['STOPPING']);
    expect(codeOf((await drain(attached)).at(-1))).toBe('STOPPING');
    const next = await other.post(session, { prompt: 'again' });
    expect(next.status).toBe(200);
    await other.told('runs');
    other.finish(session);
    expect((await readAll(next)).at(-1)?.kind).toBe('task-complete');
  });

  async function startTwo(): Promise<[ServerProcess, ServerProcess]> {
    const [one, other] = await start(2);
    if (one === undefined || other === undefined) throw new Error('Two processes were to be started.');
    return [one, other];
  }
});
