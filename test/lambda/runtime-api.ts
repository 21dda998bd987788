import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a function has answered, as its runtime has sent it. */
export interface FunctionAnswer {
  readonly isStreaming: boolean;
  readonly contentType: string;
  /** Not read before somebody reads it. After its end it has the trailers. */
  readonly body: IncomingMessage;
  /** True if the function has failed before it answered. */
  readonly hasFailed: boolean;
}

interface Invocation {
  readonly id: string;
  readonly event: string;
  readonly deadlineMs: number;
  readonly resolve: (answer: FunctionAnswer) => void;
}

/**
 * The side of Lambda that a function's runtime asks for events and gives answers to.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  /** Keeps its connections, as Lambda's does: a function may think for minutes before it writes. */
  readonly #http = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) =>
    this.#answer(request, response),
  );
  readonly #waiting: Invocation[] = [];
  readonly #running = new Map<string, Invocation>();
  readonly #idle: ((invocation: Invocation) => void)[] = [];
  readonly #onIdle: (() => void)[] = [];
  #count = 0;
  /** What went wrong before the function could be called. */
  readonly initErrors: string[] = [];
  /** Called when a runtime asks for its next event: Lambda then freezes its process. */
  onIdle = () => {};
  /** Called before an event is handed out: Lambda then thaws the process. */
  beforeEvent = () => {};

  static async start(): Promise<RuntimeApi> {
    const api = new RuntimeApi();
    await new Promise<void>((resolve) => api.#http.listen(0, '127.0.0.1', resolve));
    return api;
  }

  /** As the variable AWS_LAMBDA_RUNTIME_API has it. */
  get address(): string {
    const { port } = this.#http.address() as AddressInfo;
    return `127.0.0.1:${port}`;
  }

  /** Calls the function. Resolves when its answer begins. */
  invoke(event: unknown, timeoutMs = 60_000): Promise<FunctionAnswer> {
    return new Promise((resolve) => {
      const id = `invocation-${++this.#count}`;
      const text = JSON.stringify(event);
      const invocation: Invocation = { id, event: text, deadlineMs: Date.now() + timeoutMs, resolve };
      const waiting = this.#idle.shift();
      if (waiting === undefined) this.#waiting.push(invocation);
      else waiting(invocation);
    });
  }

  /** Resolves when a runtime waits for an event. */
  async idle(): Promise<void> {
    if (this.#idle.length === 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  close(): void {
    this.#http.close();
    this.#http.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '' } = request;
    const [, id = '', part] = /^\/2018-06-01\/runtime\/invocation\/(?:([^/]+)\/)?(\w+)$/.exec(url) ?? [];
    if (method === 'GET' && part === 'next') this.#wait(response);
    else if (method === 'POST' && part === 'response') this.#take(request, response, id, false);
    else if (method === 'POST' && part === 'error') this.#take(request, response, id, true);
    else if (method === 'POST' && url.endsWith('/init/error')) this.#fail(request, response);
    else response.writeHead(404).end();
  }

  #wait(response: ServerResponse): void {
    const hand = (invocation: Invocation) => {
      this.beforeEvent();
      this.#running.set(invocation.id, invocation);
      const arn = 'arn:aws:lambda:us-east-1:000000000000:function:agents';
      response.writeHead(200, {
        'content-type': 'application/json',
        'Lambda-Runtime-Aws-Request-Id': invocation.id,
        'Lambda-Runtime-Deadline-Ms': invocation.deadlineMs,
        'Lambda-Runtime-Invoked-Function-Arn': arn,
      });
      response.end(invocation.event);
    };
    const invocation = this.#waiting.shift();
    if (invocation !== undefined) {
      hand(invocation);
      return;
    }
    this.#idle.push(hand);
    response.on('close', () => {
      const index = this.#idle.indexOf(hand);
      if (index !== -1) this.#idle.splice(index, 1);
    });
    for (const resolve of this.#onIdle.splice(0)) resolve();
    this.onIdle();
  }

  #take(request: IncomingMessage, response: ServerResponse, id: string, hasFailed: boolean): void {
    const { headers } = request;
    const isStreaming = headers['lambda-runtime-function-response-mode'] === 'streaming';
    request.on('end', () => response.writeHead(202).end('{"status":"OK"}'));
    this.#running.get(id)?.resolve({
      isStreaming,
      contentType: headers['content-type'] ?? '',
      body: request,
      hasFailed,
    });
    this.#running.delete(id);
  }

  async #fail(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += chunk;
    this.initErrors.push(text);
    response.writeHead(202).end();
  }
}
