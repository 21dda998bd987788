import { DynamoDBClient as Client, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Redis } from 'ioredis';
import {
  DynamoDBAgentStore,
  DynamoDBMessageStore,
  DynamoDBTurnStore,
} from '../../src/adapters/dynamodb/index.js';
import {
  RedisAgentStore,
  type RedisClient,
  RedisMessageStore,
  RedisTurnStore,
} from '../../src/adapters/redis/index.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import type { MessageStore } from '../../src/domain/message-store.js';
import type { TurnStore } from '../../src/domain/turn-store.js';

export const tableName = 'soak';
/** Short, so that a killed process is noticed many times in a run, and long enough for a database on the same small machine. */
const lease = { leaseSeconds: 6, renewSeconds: 2 };

export interface Stores {
  readonly agentStore: AgentStore;
  readonly messageStore: MessageStore;
  readonly turnStore: TurnStore;
}

/** Runs a request, or makes it fail. */
export type Disturb = <Result>(send: () => Promise<Result>) => Promise<Result>;

/** The stores of one process over `dynamodb:<endpoint>` or `redis://…`. */
export function openStores(url: string, disturb: Disturb = (send) => send()): Stores {
  return url.startsWith('redis:')
    ? openRedis(url, disturb)
    : openDynamoDB(url.slice('dynamodb:'.length), disturb);
}

export function createClient(endpoint: string): DynamoDBClient {
  return new Client({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
}

function openDynamoDB(endpoint: string, disturb: Disturb): Stores {
  const client = createClient(endpoint);
  const documentClient = { send: (command: object) => disturb(() => client.send(Object(command))) };
  const options = { tableName, agentId: 'soak', documentClient };
  return {
    agentStore: new DynamoDBAgentStore(options),
    messageStore: new DynamoDBMessageStore(options),
    turnStore: new DynamoDBTurnStore({ ...options, ...lease }),
  };
}

function openRedis(url: string, disturb: Disturb): Stores {
  const redis: RedisClient = new Redis(url, { commandTimeout: 5_000 });
  const client: RedisClient = {
    getBuffer: (key) => disturb(() => redis.getBuffer(key)),
    del: (key) => disturb(() => redis.del(key)),
    evalBuffer: (...script) => disturb(async () => redis.evalBuffer?.(...script)),
    evalshaBuffer: (...script) => disturb(async () => redis.evalshaBuffer?.(...script)),
    options: { commandTimeout: 5_000, socketTimeout: 5_000 },
  };
  const options = { agentId: 'soak', client };
  return {
    agentStore: new RedisAgentStore(options),
    messageStore: new RedisMessageStore(options),
    turnStore: new RedisTurnStore({ ...options, ...lease }),
  };
}
