import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { bodyCutOff, bodyTooLarge } from '../failures/http-error.js';
import { BodyCollector } from './body-collector.js';
import { type Exchange, maxUnsent, type ResponseWriter } from './exchange.js';
import { readPath } from './request-path.js';

/** How long a caller may go on sending a body after it has had its answer. */
const lingerMs = 1_000;

const notAscii = /[^ -~]/;

/** A request and its response on Node, without the Web standard objects, which cost more than a short turn does. */
export class NodeExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.method = request.method ?? 'GET';
    this.path = readPath(request.url ?? '/');
    this.headers = readHeaders(request);
    this.#request = request;
    this.#response = response;
    if (response.socket === null) closeWithConnection(response, request.socket);
  }

  readBody(maxBytes: number): Promise<Uint8Array> {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      if (Number(this.headers['content-length']) > maxBytes) throw bodyTooLarge(maxBytes);
      // The events of a request that is over have passed, and would be waited for in vain.
      if (request.destroyed || request.readableEnded) throw bodyCutOff(request.errored);
      const collector = new BodyCollector(maxBytes);
      request.on('data', (chunk: Buffer) => {
        try {
          collector.add(chunk);
        } catch (error) {
          reject(error);
        }
      });
      request.on('end', () => resolve(collector.whole()));
      request.on('error', (error) => reject(bodyCutOff(error)));
    });
  }

  onGone(listener: () => void): void {
    if (this.#response.destroyed) listener();
    else this.#response.once('close', listener);
  }

  answer(status: number, contentType: string, text: string): void {
    const response = this.#response;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text) });
    if (!this.#isStillSending()) {
      response.end(text);
      return;
    }
    response.write(text);
    // Closing a connection that holds unread bytes resets it, and the caller may not get to see the answer.
    const timer = setTimeout(() => this.#request.destroy(), lingerMs);
    this.#request
      .once('end', () => response.end())
      .once('close', () => clearTimeout(timer))
      .resume();
  }

  open(headers: Readonly<Record<string, string>>, onUnread: () => void): ResponseWriter {
    return new NodeWriter(this.#response, headers, onUnread);
  }

  #isStillSending(): boolean {
    if (this.#request.complete) return false;
    return 'transfer-encoding' in this.headers || Number(this.headers['content-length'] ?? 0) > 0;
  }
}

/** Joins the events of one tick into one write, and writes nothing while the socket is full. */
class NodeWriter implements ResponseWriter {
  readonly #response: ServerResponse;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #onUnread: () => void;
  #unsent = '';
  #isScheduled = false;

  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>, onUnread: () => void) {
    this.#response = response;
    this.#headers = headers;
    this.#onUnread = onUnread;
    this.#schedule();
  }

  write(text: string): void {
    this.#unsent += text;
    if (this.#unsent.length <= maxUnsent) {
      this.#schedule();
    } else if (this.#response.writableNeedDrain) {
      this.#unsent = '';
      this.#response.destroy();
      this.#onUnread();
    } else {
      this.#flush();
    }
  }

  end(): void {
    // A turn that is over in its first tick is one write, head and all.
    if (!this.#response.headersSent) {
      this.#writeHead({ ...this.#headers, 'content-length': Buffer.byteLength(this.#unsent) });
    }
    this.#response.end(this.#unsent);
    this.#unsent = '';
  }

  #writeHead(headers: Readonly<Record<string, string | number>>): void {
    this.#response.writeHead(200, headers);
    // Node encodes the head like the text it is sent with, and UTF-8 would change a session id that is not ASCII.
    if (Object.values(this.#headers).some((value) => notAscii.test(value)))
      this.#response.write('', 'latin1');
  }

  #schedule(): void {
    if (!this.#isScheduled) setImmediate(() => this.#flush());
    this.#isScheduled = true;
  }

  #flush(): void {
    this.#isScheduled = false;
    const response = this.#response;
    if (response.writableEnded || response.writableNeedDrain) return;
    if (!response.headersSent) this.#writeHead(this.#headers);
    if (this.#unsent === '') response.flushHeaders();
    else if (!response.write(this.#unsent)) response.once('drain', () => this.#flush());
    this.#unsent = '';
  }
}

/**
 * Closes a response when its connection is lost. Node does not tell a response that waits for an earlier one of the same
 * connection, and the turn behind it would go on for nobody.
 */
function closeWithConnection(response: ServerResponse, connection: Socket): void {
  const close = () => {
    if (response.socket === null && !response.closed) response.destroy().emit('close');
  };
  connection.setMaxListeners(0).once('close', close);
  response.once('close', () => connection.off('close', close));
}

function readHeaders({ headers, rawHeaders }: IncomingMessage): Readonly<Record<string, string>> {
  const read: Record<string, string> = {};
  if (rawHeaders.length / 2 === Object.keys(headers).length) {
    for (const [name, value] of Object.entries(headers)) read[name] = String(value);
    return read;
  }
  // Some are sent more than once, and of some of those Node keeps only the first.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    const value = rawHeaders[index + 1] ?? '';
    read[name] = Object.hasOwn(read, name) ? `${read[name]}, ${value}` : value;
  }
  return read;
}
