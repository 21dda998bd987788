import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { Roster } from '../domain/roster.js';
import { AgentServer } from './agent-server.js';
import { resolveConfig, type ServerConfig } from './config.js';
import { serverCrashed, serverStopping } from './failures/http-error.js';
import { loadHttp } from './http/load-http.js';
import { runMiddleware } from './http/middleware.js';
import { NodeExchange } from './http/node-exchange.js';
import { within } from './process/timing.js';

/** The platform passes on 20 headers of 4 KB besides its own; the limit of Node is 16 KB for all. */
const maxHeaderSize = 128 * 1024;

/** Longer than the 60 seconds a load balancer keeps a connection for: it would send a request as the server hangs up. */
const keepAliveTimeout = 75_000;

/** How long a connection may stay without a request. It is looked at every 5 seconds. */
const headersTimeout = 20_000;
const connectionsCheckingInterval = 5_000;

/** How long callers have to read what was written last. */
const lastWordsSeconds = 1;

/**
 * A server that is yours to listen with.
 *
 * @example
 * const own: AgentHttpServer = createServer({ agent: async (contextId) => new MyAgent(contextId) });
 * own.http.listen(8080);
 * // Later, in good order:
 * await own.close();
 */
export interface AgentHttpServer {
  /** The server of `node:http`. */
  readonly http: Server;
  /** Reports work that goes on beyond a turn: until it settles, pings are answered `HealthyBusy`. */
  trackTask(task: PromiseLike<unknown>): void;
  /** Lets running turns end, or stops them, and shuts idle agents down. Calling it again is fine. */
  close(): Promise<void>;
}

/**
 * The server that `serve` runs, without listening and without a hand on the signals of the process.
 *
 * @throws AgentStoreError `CONFIGURATION` for an option that cannot work, or is not known.
 * @example
 * const { http, close } = createServer({ agent: async (contextId) => new Agent({ agentId: 'support', contextId, agentStore }) });
 * http.listen('/run/agent.sock');
 */
export function createServer<AuthContext = unknown>(config: ServerConfig<AuthContext>): AgentHttpServer {
  const { http, trackTask, close } = buildServer(config);
  return { http, trackTask, close };
}

/** The same, with what `serve` needs to end the process. */
export function buildServer(config: ServerConfig) {
  const { middleware = [], shutdownGraceSeconds } = resolveConfig(config);
  const agentServer = new AgentServer(config);
  const http = loadHttp().createServer({
    maxHeaderSize,
    keepAliveTimeout,
    headersTimeout,
    connectionsCheckingInterval,
  });
  const responses = new OpenResponses();
  http.on('request', (request, response) => {
    responses.add(response);
    const answer = () => void agentServer.handle(new NodeExchange(request, response));
    if (middleware.length === 0) answer();
    else void runMiddleware(middleware, request, response, agentServer.logger, answer);
  });
  let closing: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  const stop = async (graceSeconds: number, reason = serverStopping()) => {
    responses.endConnections();
    await agentServer.sessions.stop(graceSeconds, reason);
    closed ??= closeServer(http, responses).then(() => agentServer.endTelemetry());
    await closed;
  };
  const close = () => {
    closing ??= stop(shutdownGraceSeconds);
    return closing;
  };
  return {
    http,
    trackTask: (task: PromiseLike<unknown>) => agentServer.trackTask(task),
    close,
    /** Does not wait for running turns, not even if it is closing already. */
    crash: () => stop(0, serverCrashed()),
    isBusy: () => agentServer.isBusy,
  };
}

/** The responses that have not been read to their end. */
class OpenResponses {
  readonly #open = new Roster<ServerResponse>();
  #endsConnections = false;

  add(response: ServerResponse): void {
    if (this.#endsConnections) response.shouldKeepAlive = false;
    const place = this.#open.add(response);
    response.on('close', () => this.#open.remove(place));
  }

  /** From now on, callers are told that their connection ends with the answer. */
  endConnections(): void {
    this.#endsConnections = true;
    for (const { member } of this.#open.list()) if (!member.headersSent) member.shouldKeepAlive = false;
  }

  /** Waits until each has been read, or its reader has left. */
  async allRead(): Promise<void> {
    await Promise.all(this.#open.list().map(({ member }) => once(member, 'close')));
  }
}

async function closeServer(server: Server, responses: OpenResponses): Promise<void> {
  // Closing the server cuts off what has been written but not read.
  await within(lastWordsSeconds, responses.allRead());
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
