import type { RedisClient } from './connection.js';

const warned = new WeakSet<RedisClient>();

/** Warns once of each client that has no `socketTimeout`, if the client says how it was configured. */
export function warnWithoutSocketTimeout(client: RedisClient): void {
  const { options } = client;
  if (options === undefined || warned.has(client)) return;
  if ((options.socketTimeout ?? options.redisOptions?.socketTimeout) !== undefined) return;
  warned.add(client);
  const message =
    'A client of Redis without "socketTimeout" does not notice that the other end has vanished: every call then fails until the process ends. Give ioredis socketTimeout: 5000, and a Cluster the same in "redisOptions".';
  process.emitWarning(message, { code: 'LOOOPY_SOCKET_TIMEOUT' });
}
