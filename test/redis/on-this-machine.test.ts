import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { isOnThisMachine } from '../../src/adapters/redis/connection.js';
import { bareClient } from './fixtures.js';

function create(options: RedisOptions): Redis {
  const client = new Redis({ ...options, lazyConnect: true });
  onTestFinished(() => client.disconnect());
  return client;
}

it.each([
  ['the host of ioredis itself', {}, true],
  ['127.0.0.1', { host: '127.0.0.1' }, true],
  ['another address of this machine', { host: '127.1.2.3' }, true],
  ['::1', { host: '::1' }, true],
  ['a Unix socket', { path: '/run/redis.sock' }, true],
  ['another host', { host: 'redis.example.com' }, false],
  ['a host with such a name', { host: 'localhost.example.com' }, false],
  ['an address that begins so', { host: '127.example.com' }, false],
  ['sentinels', { sentinels: [{ host: 'localhost', port: 26_379 }], name: 'primary' }, false],
])('says whether the server of a client is on this machine: %s', (_, options, isHere) => {
  expect(isOnThisMachine(create(options))).toBe(isHere);
});

it.each([
  ['redis://localhost:6379', true],
  ['redis://127.0.0.1/3', true],
  ['rediss://user:password@[::1]:6380', true],
  ['rediss://cache.example.com:6380', false],
  ['redis://10.0.0.7', false],
])('says whether the server at a URL is on this machine: %s', (url, isHere) => {
  expect(isOnThisMachine(url)).toBe(isHere);
});

it('takes a Cluster, and a client that does not say where it connects, for another machine', () => {
  const cluster = new Cluster([{ host: 'localhost', port: 7_000 }], { lazyConnect: true });
  onTestFinished(() => cluster.disconnect());
  expect(isOnThisMachine(cluster)).toBe(false);
  expect(isOnThisMachine(bareClient)).toBe(false);
});
