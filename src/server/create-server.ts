import { once } from 'node:events';
import { createServer as createHttpServer, type Server, type ServerResponse } from 'node:http';
import { AgentServer } from './agent-server.js';
import { resolveConfig, type ServerConfig } from './config.js';
import { runMiddleware } from './http/middleware.js';
import { NodeExchange } from './http/node-exchange.js';
import { within } from './process/timing.js';

/** The platform passes on 20 headers of 4 KB besides its own; the limit of Node is 16 KB for all. */
const maxHeaderSize = 128 * 1024;

/** Longer than the 60 seconds a load balancer keeps a connection for: it would send a request as the server hangs up. */
const keepAliveTimeout = 75_000;

/** How long callers have to read what was written last. */
const lastWordsSeconds = 1;

/** A server that is yours to listen with. */
export interface AgentHttpServer {
  /** The server of `node:http`. */
  readonly http: Server;
  /** Reports work that goes on beyond a turn: until it settles, pings are answered `HealthyBusy`. */
  trackTask(task: Promise<unknown>): void;
  /** Lets running turns end, or stops them, and shuts idle agents down. Calling it again is fine. */
  close(): Promise<void>;
}

/**
 * The server that `serve` runs, without listening and without a hand on the signals of the process.
 *
 * @throws TypeError for an option that cannot work.
 * @example
 * const { http, close } = createServer({ agent: async (contextId) => new Agent({ agentId: 'support', contextId, agentStore }) });
 * http.listen('/run/agent.sock');
 */
export function createServer(config: ServerConfig): AgentHttpServer {
  const { middleware = [], shutdownGraceSeconds } = resolveConfig(config);
  const agentServer = new AgentServer(config);
  const http = createHttpServer({ maxHeaderSize, keepAliveTimeout }, (request, response) => {
    const answer = () => void agentServer.handle(new NodeExchange(request, response));
    if (middleware.length === 0) answer();
    else void runMiddleware(middleware, request, response, agentServer.logger, answer);
  });
  const allRead = trackResponses(http);
  let closing: Promise<void> | undefined;
  const stop = async () => {
    await agentServer.sessions.stop(shutdownGraceSeconds);
    // Closing the server cuts off what has been written but not read.
    await within(lastWordsSeconds, allRead());
    await closeServer(http);
  };
  const close = () => {
    closing ??= stop();
    return closing;
  };
  return { http, trackTask: (task) => agentServer.trackTask(task), close };
}

/** Follows all responses. What it returns waits until each of them has been read, or its reader has left. */
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
