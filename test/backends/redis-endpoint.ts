import { RedisServer } from './redis-server.js';

/** A Redis to test against: the one at `REDIS_URL`, or else one of the calling test file's own. */
export interface RedisEndpoint {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<RedisEndpoint> {
  const given = process.env.REDIS_URL;
  if (given !== undefined && given !== '') return { url: given, stop: async () => undefined };
  return RedisServer.start();
}
