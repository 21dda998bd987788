import type { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { agentStoreContract } from '../../src/domain/testing/index.js';
import { createRedisBackend, loadSaveScript } from '../backends/redis-backend.js';
import { RedisCluster } from '../backends/redis-cluster.js';

let cluster: RedisCluster;
let client: Cluster;

beforeAll(async () => {
  cluster = await RedisCluster.start();
  client = await cluster.connect();
  await loadSaveScript(client);
});

afterAll(async () => {
  client.disconnect();
  await cluster.stop();
});

describe('the Redis store in a Cluster', () => {
  for (const { name, run } of agentStoreContract(() => createRedisBackend(client))) it(name, run);
});
