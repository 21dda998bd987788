import { connect, type Socket } from 'node:net';

const body = JSON.stringify({ prompt: 'What is new?' });

/** What one turn took, in milliseconds. */
export interface TurnTimes {
  readonly firstEvent: number;
  readonly whole: number;
}

/** Runs turns of one session over one connection, with so little work of its own that the server is the limit. */
export class TurnClient {
  readonly #port: number;
  readonly #request: string;
  #socket: Socket | undefined;

  constructor(port: number, sessionId: string) {
    this.#port = port;
    this.#request = [
      'POST /invocations HTTP/1.1',
      'host: 127.0.0.1',
      'content-type: application/json',
      'accept: text/event-stream',
      `x-amzn-bedrock-agentcore-runtime-session-id: ${sessionId}`,
      'x-amzn-requestid: 0b5e4f6a-3a0e-4f43-9d0e-6a4bb1a6c1f2',
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n');
  }

  runTurn(): Promise<TurnTimes> {
    return new Promise((resolve, reject) => {
      const socket = this.#connect();
      const start = performance.now();
      let firstEvent = 0;
      let isWhole: ((chunk: Buffer) => boolean) | undefined;
      const finish = (error?: Error) => {
        socket.removeAllListeners();
        if (error === undefined) resolve({ firstEvent, whole: performance.now() - start });
        else reject(error);
      };
      socket.on('data', (chunk: Buffer) => {
        if (firstEvent === 0 && chunk.includes('data:')) firstEvent = performance.now() - start;
        isWhole ??= readFraming(chunk);
        if (isWhole(chunk)) finish();
      });
      socket.on('error', finish);
      socket.on('close', () => finish(new Error('The server closed the connection.')));
      socket.write(this.#request);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connect(): Socket {
    if (this.#socket === undefined || this.#socket.destroyed) {
      this.#socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    }
    return this.#socket;
  }
}

const lastChunk = Buffer.from('0\r\n\r\n');

/** Reads from the beginning of a response, its head included, how to tell that a piece of it is the last. */
function readFraming(beginning: Buffer): (chunk: Buffer) => boolean {
  const headEnd = beginning.indexOf('\r\n\r\n') + 4;
  const length = /^content-length: (\d+)/im.exec(beginning.toString('latin1', 0, headEnd))?.[1];
  if (length === undefined) return (chunk) => chunk.subarray(-lastChunk.length).equals(lastChunk);
  let left = headEnd + Number(length);
  return (chunk) => {
    left -= chunk.length;
    return left <= 0;
  };
}
