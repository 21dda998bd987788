import { AgentStoreError } from '../../domain/errors.js';
import type { RedisClient } from './connection.js';
import { escapePart, fromRedisSort, toRedisPrefix } from './redis-key.js';

/** How many keys a server looks at for one answer: so many take it less than a millisecond. */
const scanSize = 1_000;

/** Every sort key of a partition that has a prefix, of all servers of a Cluster, in no order. */
export async function scanKeys(client: RedisClient, partition: string, prefix: string): Promise<string[]> {
  const { options } = client;
  const before = `${options?.keyPrefix ?? options?.redisOptions?.keyPrefix ?? ''}${toRedisPrefix(partition)}`;
  const pattern = `${escapePattern(before + escapePart(prefix))}*`;
  // A scan may give a key twice.
  const found = new Set<string>();
  for (const node of client.nodes?.('master') ?? [client]) {
    if (node.scan === undefined)
      throw new AgentStoreError('CONFIGURATION', 'The client has no command "scan", which listing needs.');
    let cursor = '0';
    do {
      const [next, keys] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', scanSize);
      for (const key of keys) found.add(fromRedisSort(key.slice(before.length)));
      cursor = next;
    } while (cursor !== '0');
  }
  return [...found];
}

/** In a pattern of Redis, these characters stand for others unless they are escaped. */
function escapePattern(text: string): string {
  return text.replace(/[*?[\]\\^]/g, '\\$&');
}
