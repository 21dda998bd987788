import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from '../../server/create-server.js';
import { type CliContext, type CommonFlags, present } from '../context.js';
import { createDemoAgent } from '../demo-agent.js';
import { toOneLine, wrongUsage } from '../failures.js';
import type { CliIo } from '../io.js';
import { openStores } from '../stores/open-stores.js';
import type { OpenStores } from '../stores/opened-stores.js';
import { parseStoreUrl } from '../stores/store-url.js';

export interface ServeFlags extends CommonFlags {
  readonly store: string;
  readonly port: number;
  readonly host: string;
}

export async function serveLocally(this: CliContext, flags: ServeFlags): Promise<void> {
  const { signal } = this.io;
  const stores = await openStores(parseStoreUrl(flags.store), this.io);
  const server = createDemoServer(stores, this.io);
  try {
    // A store that cannot be used says so now, and not in the first turn.
    await stores.agentStore.peek('startup-check');
    const port = await listen(server.http, flags);
    const url = `http://${flags.host.includes(':') ? `[${flags.host}]` : flags.host}:${port}`;
    present(this, flags, { url, store: stores.description }, () => describe(url, stores.description));
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.close();
    await stores.close();
  }
}

function createDemoServer({ agentId, agentStore, messageStore, turnStore }: OpenStores, io: CliIo) {
  const write = (fields: object, message: string) => {
    // Not what is an object: it is an error, whose stack nobody reads here.
    const simple = Object.entries(fields).filter(([, value]) => typeof value !== 'object');
    const said = [message, ...simple.map(([name, value]) => `${name}=${value}`)].join(' ');
    io.stderr.write(`${toOneLine(said)}\n`);
  };
  return createServer({
    agent: (contextId, { agentStore }) => createDemoAgent({ agentId, contextId, agentStore, messageStore }),
    agentStore,
    turnStore,
    logger: { info() {}, warn: write, error: write },
  });
}

async function listen(http: Server, { port, host }: ServeFlags): Promise<number> {
  http.listen(port, host);
  try {
    await once(http, 'listening');
  } catch (error) {
    const reason = String(Reflect.get(Object(error), 'code'));
    throw wrongUsage(
      `It cannot listen on port ${port} of ${host} (${reason}). Give another --port or --host.`,
      error,
    );
  }
  return Number(Reflect.get(Object(http.address()), 'port'));
}

function describe(url: string, store: string): string {
  const session = `-H 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id: demo'`;
  return `Listening on ${url}
Store: ${store}

Send a prompt, "ask" and a question, or "recall" to hear what was said:
  curl -N ${url}/invocations ${session} -d '{"prompt":"hello"}'
Look at the session:
  curl ${url}/invocations ${session}`;
}
