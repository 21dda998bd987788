import type { Cluster, Redis, RedisOptions } from 'ioredis';
import { toAgentStoreError } from '../../adapters/redis/errors.js';
import { RedisAgentStore } from '../../adapters/redis/redis-agent-store.js';
import { RedisMessageStore } from '../../adapters/redis/redis-message-store.js';
import { RedisTurnStore } from '../../adapters/redis/redis-turn-store.js';
import type { CliIo } from '../io.js';
import { loadClient } from './load-client.js';
import type { OpenStores } from './opened-stores.js';
import { toStoreOptions } from './store-options.js';
import type { RedisUrl } from './store-url.js';

export async function openRedisStores(url: RedisUrl, env: CliIo['env']): Promise<OpenStores> {
  const client = await connectRedis(url, env);
  const { agent, messages, turns } = toStoreOptions(url);
  return {
    agentId: url.agentId,
    agentStore: new RedisAgentStore({ ...agent, client }),
    messageStore: new RedisMessageStore({ ...messages, client }),
    turnStore: new RedisTurnStore({ ...turns, client }),
    description: describeRedis(url),
    close: async () => client.disconnect(),
  };
}

export function describeRedis({ server, isCluster }: RedisUrl): string {
  return `Redis ${isCluster ? 'Cluster ' : ''}at ${server.host}`;
}

/** A client that has reached its server. @throws AgentStoreError that says why it has not. */
export async function connectRedis(url: RedisUrl, env: CliIo['env']): Promise<Redis | Cluster> {
  const { Redis, Cluster } = await loadClient('ioredis', () => import('ioredis'));
  let isReady = false;
  // The first connection is made or not; one that is lost later is sought for a while.
  const retry = (attempt: number) => (isReady ? Math.min(attempt * 50, 500) : null);
  const options = toRedisOptions(url, env);
  const client = url.isCluster
    ? new Cluster([{ host: url.server.hostname, port: toPort(url.server) }], {
        lazyConnect: true,
        redisOptions: options,
        clusterRetryStrategy: retry,
        keyPrefix: url.keyPrefix,
      })
    : new Redis(toPort(url.server), url.server.hostname, {
        ...options,
        lazyConnect: true,
        retryStrategy: retry,
        keyPrefix: url.keyPrefix,
      });
  // What went wrong is told before, and the connection only says that there is none.
  const troubles: unknown[] = [];
  client.on('error', (error: unknown) => troubles.push(error));
  try {
    await client.connect();
    isReady = true;
    return client;
  } catch (error) {
    client.disconnect();
    const [trouble] = [...troubles, error];
    throw toAgentStoreError(toReason(trouble), '');
  }
}

/** A Cluster says what the last of its servers said in an error of its own. */
function toReason(error: unknown): unknown {
  return Reflect.get(Object(error), 'lastNodeError') ?? error;
}

function toRedisOptions({ server }: RedisUrl, { REDISCLI_AUTH }: CliIo['env']): RedisOptions {
  const password = decodeURIComponent(server.password) || REDISCLI_AUTH;
  const username = decodeURIComponent(server.username);
  const database = server.pathname.slice(1);
  return {
    connectTimeout: 2_000,
    commandTimeout: 5_000,
    socketTimeout: 5_000,
    maxRetriesPerRequest: 5,
    ...(username !== '' && { username }),
    ...(password && { password }),
    ...(database !== '' && { db: Number(database) }),
    ...(server.protocol === 'rediss:' && { tls: {} }),
  };
}

function toPort({ port }: URL): number {
  return port === '' ? 6379 : Number(port);
}
