import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { Redis } from 'ioredis';
import { DynamoDBAgentStore } from '../../dist/adapters/dynamodb/index.js';
import { RedisAgentStore } from '../../dist/adapters/redis/index.js';
import type { AgentStore } from '../../dist/domain/agent-store.js';
import { createClient, createTable } from '../../test/backends/dynamodb-endpoint.js';
import { RedisServer } from '../../test/backends/redis-server.js';
import { summarizeAll } from '../alternate.js';
import { createDynamoDBAtOnce, createRedisAtOnce } from '../clients-at-once.js';
import { limitRounds } from '../quick.js';
import type { Comparison, MeasureResult, Table } from '../results.js';
import { startDynalite } from '../servers/dynamodb.js';
import { createPlainState, sizes } from '../states.js';

/** The rounds before are for the engine to compile what is called. */
const warmUpRounds = 1_000;
const rounds = 1_000;
/** The calls after each request of which the time is told, counted from zero. */
const told: Readonly<Record<string, number>> = { 'after a request': 0, 'once more': 1, 'the tenth': 9 };

export async function measureBetweenRequests(): Promise<MeasureResult> {
  return {
    title: 'The code of the stores between requests',
    about:
      'The store with a client that answers at once: right after a request of the real client has been answered, once more at once, and the tenth time in a row. Plain states.',
    tables: [await measureDynamoDB(), await measureRedis()],
  };
}

async function measureDynamoDB(): Promise<Table> {
  const server = await startDynalite();
  const client = createClient(server.url);
  const tableName = await createTable(client);
  const Key = { pk: { S: 'nobody' }, sk: { S: 'nothing' } };
  const request = () => client.send(new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }));
  const comparisons = await compare(request, () => {
    return new DynamoDBAgentStore({ tableName, agentId: 'bench', documentClient: createDynamoDBAtOnce() });
  });
  client.destroy();
  server.stop();
  return { title: 'Beside requests to dynalite', unit: 'µs', comparisons };
}

async function measureRedis(): Promise<Table> {
  const server = await RedisServer.start();
  const client = new Redis(server.url);
  const comparisons = await compare(
    () => client.get('nothing'),
    () => new RedisAgentStore({ agentId: 'bench', client: createRedisAtOnce(), compression: 'off' }),
  );
  client.disconnect();
  await server.stop();
  return { title: 'Beside requests to Redis', unit: 'µs', comparisons };
}

async function compare(
  request: () => Promise<unknown>,
  createStore: () => AgentStore,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const { label, bytes } of sizes.filter(({ bytes }) => bytes <= 2_000)) {
    const store = createStore();
    const state = createPlainState(bytes);
    await store.load('session');
    comparisons.push(await time(`A save of ${label}`, request, () => store.save('session', state)));
    comparisons.push(await time(`A load of ${label}`, request, () => store.load('session')));
  }
  return comparisons;
}

async function time(
  label: string,
  request: () => Promise<unknown>,
  call: () => Promise<unknown>,
): Promise<Comparison> {
  const names = Object.keys(told);
  const samples: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  const last = Math.max(...Object.values(told));
  for (let round = -limitRounds(warmUpRounds); round < limitRounds(rounds); round++) {
    await request();
    for (let nth = 0; nth <= last; nth++) {
      const start = performance.now();
      await call();
      const took = performance.now() - start;
      if (round >= 0) for (const name of names) if (told[name] === nth) samples[name]?.push(took);
    }
  }
  return { label, values: summarizeAll(samples, 1_000) };
}
