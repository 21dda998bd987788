import {
  type MessageStoreOptions,
  messageStoreOptionNames,
  resolveMessageStoreOptions,
} from '../../domain/messages/message-store-options.js';
import { PersistentMessageStore } from '../../domain/messages/persistent-message-store.js';
import type { OptionNames } from '../../domain/options.js';
import type { RedisClient } from './connection.js';
import { type RedisCompression, resolveRecords, serverOptionNames } from './redis-agent-store.js';

/**
 * What a `RedisMessageStore` takes: `agentId`, and either `client` or `url`.
 *
 * @example
 * const options: RedisMessageStoreOptions = { agentId: 'support', url: 'redis://localhost:6379', ttlSeconds: 86_400 };
 */
export interface RedisMessageStoreOptions extends MessageStoreOptions {
  /** The client to send through: a `Redis` or a `Cluster` of ioredis. It is never closed or reconfigured. */
  readonly client?: RedisClient;
  /** Where a client that the store makes and closes itself connects: `redis://…`, or `rediss://…` for TLS. */
  readonly url?: string;
  /** Whether a value over 4 KB is compressed: `'auto'`, `'on'` or `'off'`. @defaultValue `'auto'` */
  readonly compression?: RedisCompression;
}

const optionNames: OptionNames<RedisMessageStoreOptions> = {
  ...messageStoreOptionNames,
  ...serverOptionNames,
};

/**
 * Keeps conversations in Redis or Valkey, on one server or in a Cluster, that many agents may share.
 *
 * @example
 * const messageStore = new RedisMessageStore({ agentId: 'support', client: new Redis() });
 */
export class RedisMessageStore extends PersistentMessageStore {
  /** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
  constructor(options: RedisMessageStoreOptions) {
    super(resolveMessageStoreOptions(options, optionNames), resolveRecords(options));
  }
}
