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
      const finish = (error?: Error) => {
        socket.removeAllListeners();
        if (error === undefined) resolve({ firstEvent, whole: performance.now() - start });
        else reject(error);
      };
      socket.on('data', (chunk: Buffer) => {
        if (firstEvent === 0 && chunk.includes('data:')) firstEvent = performance.now() - start;
        // The last chunk of the response.
        if (chunk.length >= 5 && chunk.subarray(-5).equals(end)) finish();
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

const end = Buffer.from('0\r\n\r\n');
