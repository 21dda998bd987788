import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisMessageStore } from '../../src/adapters/redis/index.js';
import { openRedis, type RedisEndpoint } from '../backends/redis-endpoint.js';

let endpoint: RedisEndpoint;

beforeAll(async () => {
  endpoint = await openRedis();
});
afterAll(() => endpoint.close());

it('every key of a history has its expiry, and the head can be read by hand', async () => {
  const { client } = endpoint;
  const agentKeyPrefix = `messages-${process.pid}-`;
  const store = new RedisMessageStore({ agentId: 'a', agentKeyPrefix, client, ttlSeconds: 3_600 });
  for (let index = 0; index < 12; index++)
    await store.append('s', { role: 'user', content: `${index} `.padEnd(1_000, 'x') });
  const keys = await client.keys(`${agentKeyPrefix}*`);
  expect(keys).toContain(`${agentKeyPrefix}a:message#s`);
  expect(keys.length).toBeGreaterThan(3);
  for (const key of keys) {
    expect(await client.ttl(key)).toBeGreaterThan(86_400);
    expect(await client.ttl(key)).toBeLessThanOrEqual(86_400 + 3_601);
  }
  const [, head = ''] = (await client.get(`${agentKeyPrefix}a:message#s`))?.split('\n') ?? [];
  expect(JSON.parse(head)).toMatchObject({ json: { v: 1, begin: 0, end: 12 } });
  await store.clear('s');
  expect(await client.keys(`${agentKeyPrefix}*`)).toEqual([`${agentKeyPrefix}a:message#s`]);
});
