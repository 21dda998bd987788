import type { Hono } from 'hono';
import { AgentServer } from './agent-server.js';
import type { AppConfig } from './config.js';
import { createWebWriter } from './response-writer.js';

/**
 * The server as a Hono app without a socket, for any platform with Web standard requests and responses.
 *
 * @example
 * const app = createApp({ agent: async (contextId) => new Agent({ contextId, agentStore }) });
 * const response = await app.request('/ping');
 */
export function createApp(config: AppConfig): Hono {
  return new AgentServer(config, createWebWriter).app;
}
