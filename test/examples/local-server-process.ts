import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

type Environment = Readonly<Record<string, string>>;

/** What `npm start` runs, in an environment of its own. */
export class LocalServer {
  static readonly #running = new Set<LocalServer>();
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<number | null>;
  stdout = '';
  stderr = '';

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#process = child;
    this.#exit = once(child, 'close').then(([code]) => code);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
  }

  /** Starts it, and waits until it either listens or has given up. */
  static async start(env: Environment): Promise<LocalServer> {
    const server = await LocalServer.launch(env);
    const hasGivenUp = server.exit().then(() => true);
    while (server.url === undefined) {
      const isOver = await Promise.race([hasGivenUp, once(server.#process.stdout, 'data').then(() => false)]);
      if (isOver) throw new Error(`The server did not start:\n${server.stdout}\n${server.stderr}`);
    }
    return server;
  }

  /** Starts it and waits for nothing. */
  static async launch(env: Environment): Promise<LocalServer> {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
    const [command, ...args] = scripts.start.split(' ');
    if (command !== 'node') throw new Error('The start script does not start with node.');
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, args, {
      env: { PATH, PORT: '0', AWS_EC2_METADATA_DISABLED: 'true', ...env },
    });
    const server = new LocalServer(child);
    LocalServer.#running.add(server);
    void server.exit().then(() => LocalServer.#running.delete(server));
    return server;
  }

  /** Ends whatever still runs. */
  static async killAll(): Promise<void> {
    await Promise.all([...LocalServer.#running].map((server) => server.kill()));
  }

  /** Where it listens, as it says itself. */
  get url(): string | undefined {
    return this.stdout.match(/^Listening on (http:\S+)/m)?.[1];
  }

  /** The exit code, or `null` where a signal ended it. */
  exit(): Promise<number | null> {
    return this.#exit;
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exit;
  }

  stop(signal: 'SIGTERM' | 'SIGINT'): Promise<number | null> {
    this.#process.kill(signal);
    return this.#exit;
  }

  request(path: string, sessionId?: string, body?: object): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      headers: sessionId === undefined ? {} : { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': sessionId },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
  }

  /** Runs a turn to its end. */
  async invoke(sessionId: string, body: object): Promise<WireEvent[]> {
    const events: WireEvent[] = [];
    for await (const event of readEvents(await this.request('/invocations', sessionId, body)))
      events.push(event);
    return events;
  }

  /** Starts a turn and returns in the middle of its answer, with the connection left open. */
  async beginTurn(sessionId: string, body: object): Promise<void> {
    const events = readEvents(await this.request('/invocations', sessionId, body));
    for (;;) {
      const { value } = await events.next();
      if (value === undefined) throw new Error('The turn ended without an answer.');
      if (value.event === 'content-delta') return;
    }
  }

  async state(sessionId: string): Promise<unknown> {
    return (await this.request('/invocations', sessionId)).json();
  }
}

/** An event as it is on the wire. */
export interface WireEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The events of an answer, as they come. */
export async function* readEvents(response: Response): AsyncGenerator<WireEvent> {
  if (response.body === null) throw new Error('The response has no body.');
  let buffered = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const frames = `${buffered}${chunk}`.split('\n\n');
    buffered = frames.pop() ?? '';
    for (const frame of frames) {
      const fields = Object.fromEntries(
        frame.split('\n').map((line) => [line.split(':', 1)[0], line.slice(line.indexOf(':') + 1).trim()]),
      );
      if (fields.event !== undefined) yield { event: fields.event, data: JSON.parse(fields.data ?? '{}') };
    }
  }
}
