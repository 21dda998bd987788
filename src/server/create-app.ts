import { type Context, Hono } from 'hono';
import { AgentServer } from './agent-server.js';
import type { AppConfig } from './config.js';
import type { Exchange } from './exchange.js';
import { answerWebRequest } from './web-exchange.js';

/**
 * The server as a Hono app without a socket, for any platform with Web standard requests and responses.
 *
 * @example
 * const app = createApp({ agent: async (contextId) => new Agent({ agentId: 'support', contextId, agentStore }) });
 * const response = await app.request('/ping');
 */
export function createApp(config: AppConfig): Hono {
  const server = new AgentServer(config);
  const answer = (handle: (exchange: Exchange) => Promise<void>) => (c: Context) =>
    answerWebRequest(c.req.raw, handle);
  const app = new Hono();
  app.get('/ping', answer(server.ping));
  app.on(['GET', 'POST'], '/invocations', answer(server.invoke));
  app.notFound(answer(server.miss));
  return app;
}
