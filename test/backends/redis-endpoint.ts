import { type Cluster, Redis } from 'ioredis';
import { loadSaveScript, removeRedisBackends } from './redis-backend.js';
import { RedisCluster } from './redis-cluster.js';
import { RedisServer } from './redis-server.js';

/** As users set it. */
const socketTimeout = 60_000;

/** A Redis to test against, with a client of it. */
export interface RedisEndpoint {
  readonly client: Redis | Cluster;
  close(): Promise<void>;
}

/** The server at `REDIS_URL`, or else one of the calling test file's own. */
export async function openRedis(): Promise<RedisEndpoint> {
  const given = process.env.REDIS_URL;
  if (given) return toEndpoint(new Redis(given, { socketTimeout }), async () => undefined);
  const server = await RedisServer.start();
  return toEndpoint(new Redis(server.url, { socketTimeout }), () => server.stop());
}

/** A Cluster of the calling test file's own. */
export async function openRedisCluster(): Promise<RedisEndpoint> {
  const cluster = await RedisCluster.start();
  return toEndpoint(await cluster.connect({ redisOptions: { socketTimeout } }), () => cluster.stop());
}

async function toEndpoint(client: Redis | Cluster, stop: () => Promise<void>): Promise<RedisEndpoint> {
  await loadSaveScript(client);
  return {
    client,
    close: async () => {
      await removeRedisBackends(client);
      client.disconnect();
      await stop();
    },
  };
}
