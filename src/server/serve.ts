import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolveConfig, type ServeConfig } from './config.js';
import { type AgentHttpServer, buildServer } from './create-server.js';
import { createLogger, withoutFailing } from './logger.js';
import { endWithProcess } from './process/process-end.js';

/**
 * A server that listens.
 *
 * @example
 * const server: RunningServer = await serve({ agent: async (contextId) => new MyAgent(contextId), port: 0 });
 * console.log(server.port);
 */
export interface RunningServer extends AgentHttpServer {
  readonly port: number;
}

/**
 * Serves agents over HTTP: `POST /invocations`, `GET /invocations` and `GET /ping`. Resolves when it listens.
 *
 * On SIGTERM or SIGINT it closes itself and the store, and ends the process; likewise after an error that nothing catches.
 *
 * @throws AgentStoreError `CONFIGURATION` for an option that cannot work, or is not known.
 * @example
 * await serve({ agent: async (contextId) => new Agent({ agentId: 'support', contextId, agentStore }) });
 */
export async function serve<AuthContext = unknown>(config: ServeConfig<AuthContext>): Promise<RunningServer> {
  const { port, hostname, agentStore, turnStore, handleCrashes, shutdownGraceSeconds } =
    resolveConfig(config);
  const logger = withoutFailing(config.logger ?? createLogger((await import('pino')).pino));
  const { http, trackTask, close, crash, isBusy } = buildServer({ ...config, logger });
  const address = await listen(http, port, hostname);
  const forget = endWithProcess({
    close,
    crash,
    isBusy,
    shutdownGraceSeconds,
    handleCrashes,
    stores: [agentStore, turnStore].filter((store) => store !== undefined),
    logger,
  });
  return { port: address.port, http, trackTask, close: () => close().finally(forget) };
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
