import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A piece of what a model says: text, or the order that it wants to be paid back. */
type Part = { readonly text: string; readonly order?: never } | { readonly order: unknown };

/** What a model says to one prompt. At a promise, it says no more until that is kept. */
export type Script = readonly (Part | Promise<unknown>)[];

/** How an answer is sent. */
export interface Wire {
  readonly contentType: string;
  createServer(): Server | Http2Server;
  encode(parts: AsyncIterable<Part>): AsyncIterable<string | Uint8Array>;
}

/** Lines of JSON, for the mock models in `models/`. */
const lines: Wire = {
  contentType: 'application/x-ndjson',
  createServer,
  async *encode(parts) {
    for await (const part of parts) yield `${JSON.stringify(part)}\n`;
  },
};

/** Says what a model says, to whoever asks over HTTP, and keeps what it was asked. */
export class ScriptedModel {
  /** The body of each call. */
  readonly prompts: unknown[] = [];
  readonly #server: Server | Http2Server;

  private constructor(server: Server | Http2Server) {
    this.#server = server;
  }

  /** Answers the first call with the first script, and so on. */
  static async start(scripts: readonly Script[], wire: Wire = lines): Promise<ScriptedModel> {
    const model = new ScriptedModel(wire.createServer());
    model.#server.on('request', async (request, response) => {
      const script = scripts[model.prompts.push(await json(request)) - 1] ?? [];
      response.writeHead(200, { 'Content-Type': wire.contentType });
      for await (const piece of wire.encode(play(script))) response.write(piece);
      response.end();
    });
    model.#server.listen(0, '127.0.0.1');
    await once(model.#server, 'listening');
    return model;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** Ends once those that have asked have gone. */
  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

async function* play(script: Script): AsyncGenerator<Part> {
  for (const part of script) {
    if (part instanceof Promise) await part;
    else yield part;
  }
}
