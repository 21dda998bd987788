import type { CliIo } from '../io.js';
import type { OpenStores } from './opened-stores.js';
import type { StoreUrl } from './store-url.js';

/** Opens the stores of a URL. Only the package of its backend is loaded. */
export async function openStores(url: StoreUrl, { env }: Pick<CliIo, 'env'>): Promise<OpenStores> {
  switch (url.kind) {
    case 'dynamodb':
      return (await import('./open-dynamodb.js')).openDynamoDBStores(url, env);
    case 'redis':
      return (await import('./open-redis.js')).openRedisStores(url, env);
    case 'memory':
      return (await import('./open-memory.js')).openMemoryStores(url);
  }
}
