import type { OptionNames } from '../../domain/options.js';
import { PersistentTurnStore } from '../../domain/turns/persistent-turn-store.js';
import {
  resolveTurnStoreOptions,
  type TurnStoreOptions,
  turnStoreOptionNames,
} from '../../domain/turns/turn-store-options.js';
import type { RedisClient } from './connection.js';
import { type RedisCompression, resolveRecords, serverOptionNames } from './redis-agent-store.js';

/**
 * What a `RedisTurnStore` takes: `agentId`, and either `client` or `url`.
 *
 * @example
 * const options: RedisTurnStoreOptions = { agentId: 'support', url: 'redis://localhost:6379' };
 */
export interface RedisTurnStoreOptions extends TurnStoreOptions {
  /** The client to send through: a `Redis` or a `Cluster` of ioredis. It is never closed or reconfigured. */
  readonly client?: RedisClient;
  /** Where a client that the store makes and closes itself connects: `redis://…`, or `rediss://…` for TLS. */
  readonly url?: string;
  /** Whether a value over 4 KB is compressed: `'auto'`, `'on'` or `'off'`. @defaultValue `'auto'` */
  readonly compression?: RedisCompression;
}

const optionNames: OptionNames<RedisTurnStoreOptions> = {
  ...turnStoreOptionNames,
  ...serverOptionNames,
};

/**
 * Keeps turns in Redis or Valkey, on one server or in a Cluster, for all processes that serve an agent.
 *
 * @example
 * const turnStore = new RedisTurnStore({ agentId: 'support', client: new Redis() });
 */
export class RedisTurnStore extends PersistentTurnStore {
  /** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
  constructor(options: RedisTurnStoreOptions) {
    super(resolveTurnStoreOptions(options, optionNames), resolveRecords(options));
  }
}
