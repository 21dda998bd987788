import { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, Hono } from 'hono';
import { matchedRoutes } from 'hono/route';
import { AgentServer } from './agent-server.js';
import type { AppConfig } from './config.js';
import type { Exchange } from './http/exchange.js';
import { NodeExchange } from './http/node-exchange.js';
import { answerWebRequest } from './http/web-exchange.js';

/** Tells `@hono/node-server` to send nothing. Made when it is first needed: what it takes to make one is slow to load. */
let alreadySent: Response | undefined;

/**
 * The server as a Hono app without a socket, for any platform with Web standard requests and responses.
 *
 * A platform that hands over the request and response of `node:http` as `c.env.incoming` and `c.env.outgoing`, as
 * `@hono/node-server` does, gets its answer written to them directly, unless middleware stands in front.
 *
 * @example
 * const app = createApp({ agent: async (contextId) => new Agent({ agentId: 'support', contextId, agentStore }) });
 * const response = await app.request('/ping');
 */
export function createApp<AuthContext = unknown>(config: AppConfig<AuthContext>): Hono {
  const server = new AgentServer(config);
  const app = new Hono();
  for (const { path, methods, handle } of server.routes) {
    app.on([...methods], path, (c) => answer(c, handle));
  }
  app.notFound((c) => answerWebRequest(c.req.raw, server.miss));
  return app;
}

async function answer(c: Context, handle: (exchange: Exchange) => Promise<void>): Promise<Response> {
  const { incoming, outgoing } = Object(c.env);
  // Middleware may set headers of the answer, or change it. Hono turns an answer to HEAD into another response.
  const isDirect = c.req.method !== 'HEAD' && matchedRoutes(c).length === 1;
  if (!isDirect || !(incoming instanceof IncomingMessage) || !(outgoing instanceof ServerResponse)) {
    return answerWebRequest(c.req.raw, handle);
  }
  await handle(new NodeExchange(incoming, outgoing));
  // A clone is of the platform's class. `@hono/node-server` does not look at the headers of its own class.
  alreadySent ??= new Response(null, { headers: { 'x-hono-already-sent': 'true' } }).clone();
  return alreadySent;
}
