import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { AgentState } from '../../src/domain/agent-state.js';
import type { ServeConfig } from '../../src/server/config.js';
import type { Logger } from '../../src/server/logger.js';
import { type RunningServer, serve } from '../../src/server/serve.js';
import { FakeAgent, type Script } from './fake-agent.js';

export const sessionHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id';

/** One line of the log. */
type LogLine = { level: string; message: string } & Record<string, unknown>;

class MemoryLogger implements Logger {
  readonly lines: LogLine[] = [];
  info(fields: object, message: string): void {
    this.lines.push({ ...fields, level: 'info', message });
  }
  warn(fields: object, message: string): void {
    this.lines.push({ ...fields, level: 'warn', message });
  }
  error(fields: object, message: string): void {
    this.lines.push({ ...fields, level: 'error', message });
  }
}

/** A server on a free port, closed when the test is over, with the agents it has made. */
export interface TestServer extends RunningServer {
  readonly url: string;
  readonly agents: FakeAgent[];
  readonly logger: MemoryLogger;
  post(session: string | null, body: unknown, init?: RequestInit): Promise<Response>;
  get(session: string | null, path?: string): Promise<Response>;
  health(): Promise<{ status: string; time_of_last_update: number }>;
}

/** Starts a server with the configuration of a test, which it leaves to the test to close. */
type Start = (config: ServeConfig) => Promise<RunningServer>;

type TestConfig = Partial<ServeConfig> & { script?: Script };

export function startServer(config: TestConfig = {}): Promise<TestServer> {
  return startWith(
    (whole) => serve({ port: 0, hostname: '127.0.0.1', shutdownGraceSeconds: 0, ...whole }),
    config,
  );
}

export async function startWith(start: Start, config: TestConfig): Promise<TestServer> {
  const { script, ...rest } = config;
  const agents: FakeAgent[] = [];
  const logger = new MemoryLogger();
  const server = await start({
    agent: async (contextId) => {
      const agent = new FakeAgent(contextId, script);
      agents.push(agent);
      return agent;
    },
    logger,
    ...rest,
  });
  onTestFinished(() => server.close());
  const url = `http://127.0.0.1:${server.port}`;
  const headersFor = (session: string | null, init?: RequestInit) => ({
    ...(session !== null && { [sessionHeader]: session }),
    ...Object.fromEntries(new Headers(init?.headers)),
  });
  return {
    ...server,
    url,
    agents,
    logger,
    post: (session, body, init) =>
      fetch(`${url}/invocations`, {
        ...init,
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: headersFor(session, init),
      }),
    get: (session, path = '/invocations') => fetch(url + path, { headers: headersFor(session) }),
    health: async () => JSON.parse(await (await fetch(`${url}/ping`)).text()),
  };
}

/** A caller that can leave at any moment, or stop reading. */
export function callRaw(
  server: Pick<TestServer, 'port'> | { readonly path: string },
  session: string,
  body: unknown = { prompt: 'hi' },
): Socket {
  const text = JSON.stringify(body);
  const socket = 'path' in server ? connect(server.path) : connect(server.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const head = `POST /invocations HTTP/1.1\r\nhost: localhost\r\n${sessionHeader}: ${session}\r\n`;
  socket.write(`${head}connection: close\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  return socket;
}

/** A server-sent event. */
export interface SentEvent {
  readonly id: string;
  readonly kind: string;
  readonly data: Record<string, unknown>;
}

/** Reads the events of a stream as they come; comments are left out. */
export async function* readEvents(response: Response): AsyncGenerator<SentEvent> {
  let rest = '';
  for await (const text of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => !line.startsWith(':'));
      const fields = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s, 2)));
      yield { id: fields.id, kind: fields.event, data: JSON.parse(fields.data) };
    }
  }
  if (rest !== '') throw new Error('The stream ends within an event.');
}

export async function readAll(response: Response): Promise<SentEvent[]> {
  const all: SentEvent[] = [];
  for await (const sent of readEvents(response)) all.push(sent);
  return all;
}

export async function readKinds(response: Response): Promise<string[]> {
  return (await readAll(response)).map(({ kind }) => kind);
}

/** A store that answers what is put into `states`, and notes what it is asked. */
export class FakeStore {
  readonly states = new Map<string, AgentState>();
  readonly calls: string[] = [];
  async load(contextId: string): Promise<AgentState | null> {
    this.calls.push(`load ${contextId}`);
    return this.states.get(contextId) ?? null;
  }
  async peek(contextId: string): Promise<AgentState | null> {
    this.calls.push(`peek ${contextId}`);
    return this.states.get(contextId) ?? null;
  }
}
