import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBConnection } from '../../src/adapters/dynamodb/connection.js';
import { DynamoDBRecordStore } from '../../src/adapters/dynamodb/dynamodb-record-store.js';
import type { DynamoDBAgentStoreOptions } from '../../src/adapters/dynamodb/index.js';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { RedisConnection, requireCommands } from '../../src/adapters/redis/connection.js';
import { RedisRecordStore } from '../../src/adapters/redis/redis-record-store.js';
import type { RecordIndex } from '../../src/domain/record-index.js';
import type { RecordStore } from '../../src/domain/record-store.js';
import type { ContractBackend } from '../../src/testing/index.js';
import { createDynamoDBBackend } from '../backends/dynamodb-backend.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';
import { createMemoryBackend } from '../backends/memory-backend.js';
import { createRedisBackend } from '../backends/redis-backend.js';
import { openRedis, openRedisCluster, type RedisEndpoint } from '../backends/redis-endpoint.js';

/** A kind of backend that properties are checked on, started before they are and stopped after. */
export interface BackendKind {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  create(): ContractBackend;
  /** What its stores keep their records with. */
  records(): RecordStore & RecordIndex;
}

export class DynamoDBKind implements BackendKind {
  readonly name = 'DynamoDB';
  readonly #options: Partial<DynamoDBAgentStoreOptions>;
  #endpoint: DynamoDBEndpoint | undefined;
  #client: DynamoDBClient | undefined;
  #tableName = '';

  constructor(options: Partial<DynamoDBAgentStoreOptions> = {}) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#endpoint = await startDynamoDB();
    this.#client = createClient(this.#endpoint.url);
    this.#tableName = await createTable(this.#client);
  }

  async stop(): Promise<void> {
    this.#client?.destroy();
    await this.#endpoint?.close();
  }

  create(): ContractBackend {
    if (this.#client === undefined) throw new Error('The backend has not been started.');
    return createDynamoDBBackend(this.#client, this.#tableName, this.#options);
  }

  records(): RecordStore & RecordIndex {
    const layout = {
      partitionKeyName: 'pk',
      sortKeyName: 'sk',
      ttlAttributeName: 'ttl',
      compression: 'auto',
    } as const;
    return new DynamoDBRecordStore(new DynamoDBConnection(this.#client), this.#tableName, layout, true);
  }
}

class RedisKind implements BackendKind {
  readonly name: string;
  readonly #open: () => Promise<RedisEndpoint>;
  #endpoint: RedisEndpoint | undefined;

  constructor(name: string, open: () => Promise<RedisEndpoint>) {
    this.name = name;
    this.#open = open;
  }

  async start(): Promise<void> {
    this.#endpoint = await this.#open();
  }

  async stop(): Promise<void> {
    await this.#endpoint?.close();
  }

  create(): ContractBackend {
    if (this.#endpoint === undefined) throw new Error('The backend has not been started.');
    return createRedisBackend(this.#endpoint.client);
  }

  records(): RecordStore & RecordIndex {
    if (this.#endpoint === undefined) throw new Error('The backend has not been started.');
    return new RedisRecordStore(new RedisConnection(requireCommands(this.#endpoint.client)), true);
  }
}

const memory: BackendKind = {
  name: 'memory',
  start: async () => undefined,
  stop: async () => undefined,
  create: createMemoryBackend,
  records: () => new InMemoryRecordStore(),
};

const inProcess: readonly BackendKind[] = [memory, new DynamoDBKind()];

/** All of them, or with `TEST_BACKENDS=in-process` those that need no program besides. */
export const backendKinds: readonly BackendKind[] =
  process.env.TEST_BACKENDS === 'in-process'
    ? inProcess
    : [...inProcess, new RedisKind('Redis', openRedis), new RedisKind('Redis Cluster', openRedisCluster)];
