import { Cluster, type Redis } from 'ioredis';
import {
  RedisAgentStore,
  type RedisAgentStoreOptions,
  type RedisClient,
  RedisMessageStore,
  RedisTurnStore,
} from '../../src/adapters/redis/index.js';
import { toRedisKey } from '../../src/adapters/redis/redis-key.js';
import { writeScript } from '../../src/adapters/redis/write-script.js';
import {
  type ContractBackend,
  Faults,
  type MessageContractBackend,
  type TurnContractBackend,
} from '../../src/testing/index.js';

/** Starts the keys of every backend of this process, and of no other one that shares the server. */
const family = `backend-${crypto.randomUUID()}-`;
let backends = 0;

/** Sends every request of a store through the faults that a case orders. */
function withFaults(client: RedisClient, faults: Faults): RedisClient {
  return {
    options: client.options,
    getBuffer: (key) => faults.run(() => client.getBuffer(key)),
    del: (key) => faults.run(() => client.del(key)),
    evalBuffer: (...script) => faults.run(async () => client.evalBuffer?.(...script)),
    evalshaBuffer: (...script) => faults.run(async () => client.evalshaBuffer?.(...script)),
  };
}

/** The same, and it can list. */
function listingWithFaults(client: Redis | Cluster, faults: Faults): RedisClient {
  return {
    ...withFaults(client, faults),
    nodes: () =>
      nodesOf(client).map((node) => ({
        ...withFaults(node, faults),
        scan: (...given) => faults.run(() => node.scan(...given)),
      })),
  };
}

/** Lets every server know the script beforehand, so that each save is one request, which a fault can be ordered for. */
export async function loadSaveScript(client: Redis | Cluster): Promise<void> {
  await Promise.all(nodesOf(client).map((node) => node.script('LOAD', writeScript)));
}

/** Keys that no other backend uses: every agent's start with a word of its own. */
export function createRedisBackend(
  client: Redis | Cluster,
  fixed: Partial<RedisAgentStoreOptions> = {},
  corrupt: (client: Redis | Cluster, key: string) => Promise<unknown> = (client, key) =>
    client.set(key, '{"json":'),
  wrap: typeof listingWithFaults = withFaults,
): ContractBackend<RedisAgentStore> {
  const faults = new Faults();
  const word = `${family}${++backends}-`;
  return {
    faults,
    open: ({ agentKeyPrefix = 'agent#', ...options }) =>
      new RedisAgentStore({
        client: wrap(client, faults),
        agentKeyPrefix: `${word}${agentKeyPrefix}`,
        // As for a server on another machine.
        compression: 'on',
        ...fixed,
        ...options,
      }),
    corrupt: async ({ agentId, contextId }) => {
      await corrupt(client, `${word}agent#${agentId}:context#${contextId}`);
    },
    dispose: () => removeKeys(client, word),
  };
}

/** The same for stores that list. */
export function createRedisListBackend(client: Redis | Cluster): ContractBackend<RedisAgentStore> {
  return createRedisBackend(client, {}, undefined, listingWithFaults);
}

/** The same for message stores. */
export function createRedisMessageBackend(client: Redis | Cluster): MessageContractBackend {
  const faults = new Faults();
  const word = `${family}${++backends}-`;
  return {
    faults,
    open: ({ agentKeyPrefix = 'agent#', ...options }) =>
      new RedisMessageStore({
        client: withFaults(client, faults),
        agentKeyPrefix: `${word}${agentKeyPrefix}`,
        compression: 'on',
        ...options,
      }),
    corrupt: async ({ agentId, contextId }) => {
      await client.set(`${word}agent#${agentId}:message#${contextId}`, '{"json":');
    },
    dispose: () => removeKeys(client, word),
  };
}

/** The same for turn stores. */
export function createRedisTurnBackend(client: Redis | Cluster): TurnContractBackend {
  const faults = new Faults();
  const word = `${family}${++backends}-`;
  return {
    faults,
    open: ({ agentKeyPrefix = 'agent#', ...options }) =>
      new RedisTurnStore({
        client: listingWithFaults(client, faults),
        agentKeyPrefix: `${word}${agentKeyPrefix}`,
        compression: 'on',
        ...options,
      }),
    corrupt: async ({ partition, sort }) => {
      await client.set(toRedisKey({ partition: `${word}${partition}`, sort }), '{"json":');
    },
    dispose: () => removeKeys(client, word),
  };
}

/** Removes what the backends of this process have left on a server. */
export function removeRedisBackends(client: Redis | Cluster): Promise<void> {
  return removeKeys(client, family);
}

async function removeKeys(client: Redis | Cluster, start: string): Promise<void> {
  for (const node of nodesOf(client)) {
    for await (const keys of node.scanStream({ match: `${start}*`, count: 1_000 })) {
      await Promise.all(keys.map((key: string) => client.del(key)));
    }
  }
}

function nodesOf(client: Redis | Cluster): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}
