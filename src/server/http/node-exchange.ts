import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { bodyCutOff, bodyTooLarge } from '../failures/http-error.js';
import { BodyCollector } from './body-collector.js';
import type { Exchange, ResponseWriter } from './exchange.js';
import { type HeaderFields, readRawHeaders } from './header-fields.js';
import { NodeWriter } from './node-writer.js';
import { readQuery } from './query.js';
import { readPath } from './request-path.js';
import type { WaitingBudget } from './waiting-budget.js';

/** How long a caller may go on sending a body after it has had its answer. */
const lingerMs = 1_000;

/** A request and its response on Node, without the Web standard objects, which cost more than a short turn does. */
export class NodeExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ambiguous: string | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.method = request.method ?? 'GET';
    this.path = readPath(request.url ?? '/');
    const { values, ambiguous } = readHeaders(request);
    this.headers = values;
    this.ambiguous = ambiguous;
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

  get query(): HeaderFields {
    return readQuery(this.#request.url ?? '');
  }

  onGone(listener: () => void): void {
    if (this.#response.destroyed) listener();
    else this.#response.on('close', listener);
  }

  answer(status: number, headers: Readonly<Record<string, string>>, text?: string): void {
    const response = this.#response;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const length = text !== undefined && { 'content-length': Buffer.byteLength(text) };
    response.writeHead(status, { ...headers, ...length });
    if (!this.#isStillSending()) {
      response.end(text);
      return;
    }
    if (text !== undefined) response.write(text);
    // Closing a connection that holds unread bytes resets it, and the caller may not get to see the answer.
    const timer = setTimeout(() => this.#request.destroy(), lingerMs);
    this.#request
      .once('end', () => response.end())
      .once('close', () => clearTimeout(timer))
      .resume();
  }

  open(
    headers: Readonly<Record<string, string>>,
    budget: WaitingBudget,
    onUnread: () => void,
  ): ResponseWriter {
    return new NodeWriter(this.#response, headers, budget, onUnread);
  }

  #isStillSending(): boolean {
    if (this.#request.complete) return false;
    return 'transfer-encoding' in this.headers || Number(this.headers['content-length'] ?? 0) > 0;
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

function readHeaders({ headers, rawHeaders }: IncomingMessage): HeaderFields {
  // As a rule no header is sent twice, and then Node has read them already.
  if (rawHeaders.length / 2 !== Object.keys(headers).length) return readRawHeaders(rawHeaders);
  if (areTexts(headers)) return { values: headers };
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return { values: Object.fromEntries(texts) };
}

/** Middleware may have set one that is not. */
function areTexts(headers: IncomingMessage['headers']): headers is Record<string, string> {
  for (const name in headers) if (typeof headers[name] !== 'string') return false;
  return true;
}
