import { createServer as createBareServer, type RequestListener } from 'node:http';
import { Duplex } from 'node:stream';
import { openTelemetry } from '../../dist/adapters/tracing/index.js';
import { createServer, type Telemetry } from '../../dist/index.js';
import { createPlainState } from '../states.js';

const events = Array.from({ length: 20 }, (_, index) => ({
  kind: index === 19 ? 'task-complete' : 'content-delta',
  taskId: 'task-1',
  delta: `part ${index} of an answer that says something `,
}));
const body = JSON.stringify({ prompt: 'What is new?' });
const request = [
  'POST /invocations HTTP/1.1',
  'host: 127.0.0.1',
  'content-type: application/json',
  'accept: text/event-stream',
  'x-amzn-bedrock-agentcore-runtime-session-id: 0b5e4f6a-3a0e-4f43-9d0e-6a4bb1a6c1f2',
  'x-amzn-requestid: 0b5e4f6a-3a0e-4f43-9d0e-6a4bb1a6c1f2',
  `content-length: ${body.length}`,
  '',
  body,
].join('\r\n');

/** Runs turns of one session on a connection within the process: the work of the kernel is not counted. */
export function connectInProcess(name: 'ours' | 'telemetry' | 'node:http'): () => Promise<void> {
  const telemetry = name === 'telemetry' ? openTelemetry() : undefined;
  const server = name === 'node:http' ? createBareServer(answer) : createOurs(telemetry);
  const connection = new Connection();
  server.emit('connection', connection);
  return () => connection.send(request);
}

function createOurs(telemetry: Telemetry | undefined) {
  const agent = async (contextId: string) => ({
    ...{ agentId: 'bench', contextId, state: createPlainState(300) },
    startTurn: async () => ({
      subscribe(observer: { next(event: object): void; complete(): void }) {
        for (const event of events) observer.next(event);
        observer.complete();
        return { unsubscribe() {} };
      },
    }),
    shutdown: async () => undefined,
  });
  return createServer({ agent, telemetry }).http;
}

/** A write for each event, and no session. */
const answer: RequestListener = (incoming, response) => {
  incoming.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) response.write(`event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
    response.end();
  });
};

/** Stands in for a socket. An answer is over when nothing more is written in the same tick. */
class Connection extends Duplex {
  #onWritten: (() => void) | undefined;

  send(text: string): Promise<void> {
    this.push(text);
    return new Promise((resolve) => {
      this.#onWritten = resolve;
    });
  }

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, callback: () => void): void {
    this.#note(callback);
  }

  override _writev(_chunks: unknown, callback: () => void): void {
    this.#note(callback);
  }

  #note(callback: () => void): void {
    callback();
    if (this.#onWritten !== undefined) setImmediate(this.#onWritten);
    this.#onWritten = undefined;
  }

  /** The server sets what a socket has. */
  setTimeout(): this {
    return this;
  }
}
