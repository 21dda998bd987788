import type { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  agentStoreContract,
  messageStoreContract,
  sessionListContract,
  turnStoreContract,
} from '../../src/testing/index.js';
import {
  createRedisBackend,
  createRedisListBackend,
  createRedisMessageBackend,
  createRedisTurnBackend,
} from '../backends/redis-backend.js';
import { openRedis, openRedisCluster, type RedisEndpoint } from '../backends/redis-endpoint.js';

const at = new Date(0).toISOString();

/** What may be under a key besides what the store has written there. */
const unreadable: Record<string, (client: Redis | Cluster, key: string) => Promise<unknown>> = {
  'a list': async (client, key) => {
    await client.del(key);
    await client.rpush(key, 'one');
  },
  'a hash': async (client, key) => {
    await client.del(key);
    await client.hset(key, 'revision', 'one');
  },
  'nothing at all': (client, key) => client.set(key, ''),
  'the value of another program': (client, key) =>
    client.set(
      key,
      `revision - more\n{"json":{"status":"idle","turnCount":1,"createdAt":"${at}","lastActivity":"${at}"}}`,
    ),
  'a revision and half of a state': (client, key) => client.set(key, 'revision -\n{"json":'),
  'a revision and half of a compressed state': (client, key) =>
    client.set(key, Buffer.concat([Buffer.from('revision -\n'), Buffer.of(31, 139, 8)])),
  'a NUL in the expiry': (client, key) => client.set(key, 'revision 1800000000\0\n{"json":{}}'),
  'a revision that is no ASCII': (client, key) => client.set(key, 'révision -\n{"json":{}}'),
  'a revision and bytes of another form': (client, key) => client.set(key, 'revision -\n[]'),
};

describe.each([
  ['on one server', openRedis],
  ['in a Cluster of three nodes', openRedisCluster],
])('the Redis store %s', (_, open) => {
  let endpoint: RedisEndpoint;

  beforeAll(async () => {
    endpoint = await open();
  });
  afterAll(() => endpoint.close());

  for (const { name, run } of agentStoreContract(() => createRedisBackend(endpoint.client))) it(name, run);

  describe('for lists', () => {
    const createBackend = () => createRedisListBackend(endpoint.client);
    for (const { name, run } of sessionListContract(createBackend)) it(name, run);
  });

  describe('for messages', () => {
    const createBackend = () => createRedisMessageBackend(endpoint.client);
    for (const { name, run } of messageStoreContract(createBackend)) it(name, run);
  });

  describe('for turns', () => {
    const createBackend = () => createRedisTurnBackend(endpoint.client);
    for (const { name, run } of turnStoreContract(createBackend)) it(name, run);
  });

  describe.each(Object.keys(unreadable))('where %s is stored', (form) => {
    const createBackend = () => createRedisBackend(endpoint.client, {}, unreadable[form]);
    const cases = agentStoreContract(createBackend).filter(({ name }) => name.includes('cannot be read'));

    it('has cases', () => expect(cases).toHaveLength(3));
    for (const { name, run } of cases) it(name, run);
  });
});
