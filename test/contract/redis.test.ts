import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { agentStoreContract } from '../../src/domain/testing/index.js';
import { createRedisBackend, loadSaveScript } from '../backends/redis-backend.js';
import { type RedisEndpoint, startRedis } from '../backends/redis-endpoint.js';

let endpoint: RedisEndpoint;
let client: Redis;

beforeAll(async () => {
  endpoint = await startRedis();
  client = new Redis(endpoint.url);
  await loadSaveScript(client);
});

afterAll(async () => {
  client.disconnect();
  await endpoint.stop();
});

describe('the Redis store', () => {
  for (const { name, run } of agentStoreContract(() => createRedisBackend(client))) it(name, run);
});
