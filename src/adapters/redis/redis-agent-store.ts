import type { AgentState } from '../../domain/agent-state.js';
import type { AgentStore } from '../../domain/agent-store.js';
import { type AgentStoreOptions, refusal } from '../../domain/agent-store-options.js';
import { type Compression, resolveCompression } from '../gzip/state-bytes.js';
import { createAgentStore } from '../superjson/create-agent-store.js';
import { type RedisClient, type RedisCommands, RedisConnection, requireCommands } from './redis-client.js';
import { RedisRecordStore } from './redis-record-store.js';

/**
 * What a `RedisAgentStore` takes: `agentId`, and either `client` or `url`.
 *
 * @example
 * const options: RedisAgentStoreOptions = { agentId: 'support', url: 'redis://localhost:6379' };
 */
export interface RedisAgentStoreOptions extends AgentStoreOptions {
  /** The client to send through: a `Redis` or a `Cluster` of ioredis. It is never closed or reconfigured. */
  readonly client?: RedisClient;
  /** Where a client that the store makes and closes itself connects: `redis://…`, or `rediss://…` for TLS. */
  readonly url?: string;
  /** `'auto'` compresses a state over 4 KB; `'off'` never does. @defaultValue `'auto'` */
  readonly compression?: Compression;
}

/**
 * Keeps sessions in Redis or Valkey, on one server or in a Cluster, that many agents may share.
 *
 * @example
 * const agentStore = new RedisAgentStore({ agentId: 'support', client: new Redis() });
 *
 * @throws AgentStoreError `CONFIGURATION`, naming the option, where the options cannot work.
 */
export class RedisAgentStore implements AgentStore {
  readonly #store: AgentStore;

  constructor(options: RedisAgentStoreOptions) {
    const connection = new RedisConnection(resolveTarget(options));
    const records = new RedisRecordStore(connection, resolveCompression(options.compression));
    this.#store = createAgentStore(records, options);
  }

  load(contextId: string): Promise<AgentState | null> {
    return this.#store.load(contextId);
  }

  save(contextId: string, state: AgentState): Promise<void> {
    return this.#store.save(contextId, state);
  }

  delete(contextId: string): Promise<void> {
    return this.#store.delete(contextId);
  }

  peek(contextId: string): Promise<AgentState | null> {
    return this.#store.peek(contextId);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

function resolveTarget({ client, url }: RedisAgentStoreOptions): RedisCommands | string {
  if (client !== undefined) {
    if (url === undefined) return requireCommands(client);
    throw refusal('url', 'has no effect beside "client"; leave one out');
  }
  if (url === undefined) throw refusal('client', 'is missing; give it, or "url"');
  // Without the parser's error, which repeats the password.
  if (URL.canParse(url) && isRedisUrl(new URL(url))) return url;
  throw refusal('url', 'must be a URL such as redis://localhost:6379/0');
}

function isRedisUrl({ protocol, pathname }: URL): boolean {
  return /^rediss?:$/.test(protocol) && /^\/?\d*$/.test(pathname);
}
