import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentServer } from './agent-server.js';
import { resolveConfig, type ServeConfig } from './config.js';
import type { Logger } from './logger.js';
import { NodeExchange } from './node-exchange.js';
import { stopOnSignals } from './shutdown-signals.js';
import { within } from './timing.js';

/** The platform passes on 20 headers of 4 KB besides its own; Node's own limit is 16 KB for all. */
const maxHeaderSize = 128 * 1024;

/** Longer than the 60 seconds a load balancer keeps a connection for: it would send a request as the server hangs up. */
const keepAliveTimeout = 75_000;

/** How long callers have to read what was written last. */
const lastWordsSeconds = 1;

/** A server that listens. */
export interface RunningServer {
  readonly port: number;
  /** Reports work that goes on beyond a turn: until it settles, pings are answered `HealthyBusy`. */
  trackTask(task: Promise<unknown>): void;
  /** Lets running turns end, or stops them, and shuts idle agents down. Calling it again is fine. */
  close(): Promise<void>;
}

/**
 * Serves agents over HTTP: `POST /invocations`, `GET /invocations` and `GET /ping`. Resolves when it listens.
 *
 * On SIGTERM or SIGINT it closes itself and the store, and ends the process.
 *
 * @example
 * await serve({ agent: async (contextId) => new Agent({ agentId: 'support', contextId, agentStore }) });
 */
export async function serve(config: ServeConfig): Promise<RunningServer> {
  const { port, hostname, shutdownGraceSeconds, agentStore } = resolveConfig(config);
  const logger = config.logger ?? createLogger((await import('pino')).pino);
  const agentServer = new AgentServer({ ...config, logger });
  const http = createServer(
    { maxHeaderSize, keepAliveTimeout, joinDuplicateHeaders: true },
    (request, response) => void agentServer.handle(new NodeExchange(request, response)),
  );
  const allRead = trackResponses(http);
  const address = await listen(http, port, hostname);
  let closing: Promise<void> | undefined;
  const stop = async () => {
    await agentServer.sessions.stop(shutdownGraceSeconds);
    // Closing the server cuts off what has been written and not been read.
    await within(lastWordsSeconds, allRead());
    await closeServer(http);
    forget();
  };
  const close = () => {
    closing ??= stop();
    return closing;
  };
  const forget = stopOnSignals({ close, agentStore, logger });
  return { port: address.port, trackTask: (task) => agentServer.trackTask(task), close };
}

/** Writes each line at once: what pino still has to write when the process ends can be lost, or come in another order. */
function createLogger(pino: typeof import('pino').pino): Logger {
  return pino(pino.destination({ dest: 1, sync: true }));
}

function listen(server: Server, port: number, hostname: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, hostname, () => {
      server.off('error', reject);
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address);
      else reject(new TypeError('The server has no port.'));
    });
  });
}

/** Follows all responses. What it returns waits until each of them is read, or its reader has left. */
function trackResponses(server: Server): () => Promise<unknown> {
  const open = new Set<ServerResponse>();
  server.on('request', (_request, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
  });
  return () => Promise.all([...open].map((response) => once(response, 'close')));
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
