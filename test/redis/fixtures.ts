import { Redis, type RedisOptions } from 'ioredis';
import { onTestFinished } from 'vitest';
import { RedisAgentStore, type RedisAgentStoreOptions } from '../../src/adapters/redis/index.js';
import { RedisServer } from '../backends/redis-server.js';

/** A server for the running test, which does what it likes to it. */
export async function startServer(...options: string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...options);
  onTestFinished(() => server.stop());
  return server;
}

/** A client for the running test, that keeps its failures to the calls that fail. */
export function connect({ url }: { readonly url: string }, options: RedisOptions = {}): Redis {
  const client = new Redis(url, { socketTimeout: 60_000, ...options });
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

/** A store for the running test. */
export function openStore(options: Partial<RedisAgentStoreOptions>): RedisAgentStore {
  const store = new RedisAgentStore({ agentId: 'agent', ...options });
  onTestFinished(() => store.close());
  return store;
}

/** Commands of a Redis that holds nothing and takes everything. */
export const bareClient = {
  getBuffer: async () => null,
  del: async () => 0,
  evalBuffer: async () => 1,
  evalshaBuffer: async () => 1,
};
