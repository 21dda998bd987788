import { DynamoDBTurnStore } from '../../dist/adapters/dynamodb/index.js';
import { InMemoryTurnStore } from '../../dist/adapters/memory/index.js';
import { RedisTurnStore } from '../../dist/adapters/redis/index.js';
import type { HeldTurn, TurnStore } from '../../dist/domain/turn-store.js';
import { createClient, createTable } from '../../test/backends/dynamodb-endpoint.js';
import { RedisServer } from '../../test/backends/redis-server.js';
import { alternate, type Contender, summarizeAll } from '../alternate.js';
import { CountingItems } from '../counting-items.js';
import type { Comparison, MeasureResult } from '../results.js';
import { CountingRedis } from '../servers/counting-redis.js';
import { startDynamoDBServers } from '../servers/dynamodb.js';
import { exactly } from '../statistics.js';

const event = {
  kind: 'content-delta',
  data: JSON.stringify({ taskId: 'task-1', delta: 'a part of an answer' }),
};
const last = { kind: 'task-complete', data: JSON.stringify({ taskId: 'task-1', content: 'an answer' }) };
const events = 20;

/** What a turn asks of a turn store, by what is asked of it besides. */
interface Asked {
  readonly hasKey?: boolean;
  /** How often events are written before the end. */
  readonly flushes?: number;
}

const kinds: readonly { readonly label: string; readonly asked: Asked }[] = [
  { label: 'a short turn', asked: {} },
  { label: 'with a key', asked: { hasKey: true } },
  { label: 'a key that comes again', asked: { hasKey: true } },
  { label: 'with ten flushes', asked: { flushes: 10 } },
];

/** What a lease, a log and a key add to a turn: counted, and in time. */
export async function measureTurnStores(): Promise<MeasureResult> {
  return {
    title: 'What a turn store adds to a turn',
    about: `A turn of ${events} events of 60 bytes that is over before any of them had to be written: its lease is taken, its events are written with its end, and its lease is given back. Then the same with an idempotency key, the request that comes again, and a turn whose events were written ten times before its end. A renewal, every five seconds, is one write of one unit more.`,
    tables: [
      {
        title: 'Requests and units, in DynamoDB and Redis',
        unit: 'counted',
        comparisons: await countAll(),
      },
      {
        title: 'Time of a short turn, besides what its agent takes',
        unit: 'ms',
        comparisons: await timeAll(),
      },
    ],
  };
}

async function countAll(): Promise<Comparison[]> {
  const redis = await RedisServer.start();
  const proxy = new CountingRedis(redis.port);
  const url = await proxy.start();
  const comparisons: Comparison[] = [];
  const table = new CountingItems();
  const dynamodb = new DynamoDBTurnStore({
    tableName: 't',
    agentId: 'bench',
    documentClient: table,
    flushMs: 1,
  });
  const inRedis = new RedisTurnStore({ agentId: 'bench', url, flushMs: 1, compression: 'on' });
  // What connecting takes, and sending the script once.
  for (const store of [dynamodb, inRedis]) await runTurn(store, {});
  let key = '';
  for (const { label, asked } of kinds) {
    if (asked.hasKey && label !== 'a key that comes again') key = crypto.randomUUID();
    table.reset();
    proxy.reset();
    for (const store of [dynamodb, inRedis]) await runTurn(store, asked, key);
    comparisons.push({
      label,
      values: {
        'DynamoDB requests': exactly(table.requests),
        'write units': exactly(table.writeUnits),
        'read units': exactly(table.readUnits),
        'Redis requests': exactly(proxy.requests),
        'Redis KB': exactly(proxy.bytes / 1_000),
      },
    });
  }
  await inRedis.close();
  await redis.stop();
  return comparisons;
}

async function timeAll(): Promise<Comparison[]> {
  const redis = await RedisServer.start();
  const servers = await startDynamoDBServers();
  const stores: Record<string, TurnStore> = {
    memory: new InMemoryTurnStore({ agentId: 'bench' }),
    Redis: new RedisTurnStore({ agentId: 'bench', url: redis.url }),
  };
  for (const { name, url } of servers) {
    const client = createClient(url);
    stores[name] = new DynamoDBTurnStore({
      tableName: await createTable(client),
      agentId: 'bench',
      documentClient: client,
    });
  }
  const comparisons: Comparison[] = [];
  for (const [label, asked] of [
    ['without a key', {}],
    ['with a key', { hasKey: true }],
  ] as const) {
    const contenders = Object.entries(stores).map(
      ([name, store]): Contender => ({ name, run: () => runTurn(store, asked, crypto.randomUUID()) }),
    );
    comparisons.push({ label, values: summarizeAll(await alternate(contenders, { roundMs: 100 })) });
  }
  for (const store of Object.values(stores)) await store.close();
  for (const server of servers) server.stop();
  await redis.stop();
  return comparisons;
}

async function runTurn(store: TurnStore, { hasKey = false, flushes = 0 }: Asked, key = ''): Promise<void> {
  const start = await store.begin('session', {
    turn: crypto.randomUUID(),
    holder: 'bench',
    ...(hasKey && { idempotency: { key, hash: 'the hash of a body' } }),
  });
  if (start.outcome !== 'begun') return;
  for (let flush = 0; flush < flushes; flush++) {
    say(start.turn, events / flushes);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (flushes === 0) say(start.turn, events);
  await start.turn.end(last);
}

function say(turn: HeldTurn, count: number): void {
  for (let said = 0; said < count; said++) turn.log(event);
}
