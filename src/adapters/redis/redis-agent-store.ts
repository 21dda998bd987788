import { type OptionNames, requireOption } from '../../domain/options.js';
import type { RecordIndex } from '../../domain/record-index.js';
import type { RecordStore } from '../../domain/record-store.js';
import {
  type AgentStoreOptions,
  agentStoreOptionNames,
  resolveAgentStoreOptions,
} from '../../domain/store/agent-store-options.js';
import { PersistentAgentStore } from '../../domain/store/persistent-agent-store.js';
import {
  isOnThisMachine,
  type RedisClient,
  type RedisCommands,
  RedisConnection,
  requireCommands,
} from './connection.js';
import { RedisRecordStore } from './redis-record-store.js';
import { warnWithoutSocketTimeout } from './socket-timeout.js';

/**
 * Whether values over 4 KB are compressed. `'auto'` does for a server on another machine. For one on this machine it takes longer
 * than it saves, and `'on'` does it there too: behind an address of this machine may be a tunnel or a proxy. `'off'` never does.
 *
 * @example
 * const compression: RedisCompression = 'on';
 */
export type RedisCompression = 'auto' | 'on' | 'off';

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
  /** Whether a state over 4 KB is compressed: `'auto'`, `'on'` or `'off'`. @defaultValue `'auto'` */
  readonly compression?: RedisCompression;
}

/** The names of those that say where the server is, and how its values look. */
export const serverOptionNames = { client: true, url: true, compression: true } as const;

type ServerOptions = Pick<RedisAgentStoreOptions, keyof typeof serverOptionNames>;

const optionNames: OptionNames<RedisAgentStoreOptions> = { ...agentStoreOptionNames, ...serverOptionNames };

/**
 * Keeps sessions in Redis or Valkey, on one server or in a Cluster, that many agents may share.
 *
 * @example
 * const agentStore = new RedisAgentStore({ agentId: 'support', client: new Redis() });
 */
export class RedisAgentStore extends PersistentAgentStore {
  /** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
  constructor(options: RedisAgentStoreOptions) {
    super(resolveAgentStoreOptions(options, optionNames), resolveRecords(options));
  }
}

/** What the two stores have in common: the server. */
export function resolveRecords(options: ServerOptions): RecordStore & RecordIndex {
  const { compression = 'auto' } = options;
  requireOption(['auto', 'on', 'off'].includes(compression), 'compression', `must be 'auto', 'on' or 'off'`);
  const target = resolveTarget(options);
  const compresses = compression === 'on' || (compression === 'auto' && !isOnThisMachine(target));
  return new RedisRecordStore(new RedisConnection(target), compresses);
}

function resolveTarget({ client, url }: ServerOptions): RedisCommands | string {
  if (client !== undefined) {
    requireOption(url === undefined, 'url', 'has no effect beside "client"; leave one out');
    const commands = requireCommands(client);
    warnWithoutSocketTimeout(client);
    return commands;
  }
  requireOption(url !== undefined, 'client', 'is missing; give it, or "url"');
  // Without the parser's error, which repeats the password.
  const isServer = URL.canParse(url) && isRedisUrl(new URL(url));
  requireOption(isServer, 'url', 'must be a URL such as redis://localhost:6379/0');
  return url;
}

function isRedisUrl({ protocol, pathname }: URL): boolean {
  return /^rediss?:$/.test(protocol) && /^\/?\d*$/.test(pathname);
}
