import { RedisSaver } from '@langchain/langgraph-checkpoint-redis';
import { ShallowRedisSaver } from '@langchain/langgraph-checkpoint-redis/shallow';
import { Redis } from 'ioredis';
import { RedisMessageStore } from '../../dist/adapters/redis/index.js';
import type { Message } from '../../dist/domain/message-store.js';
import { RedisServer } from '../../test/backends/redis-server.js';
import { createConversation, messageSizes, newest, turns } from '../conversations.js';
import type { Comparison, MeasureResult, Table } from '../results.js';
import { MessageCheckpoints } from '../rivals/message-checkpoints.js';
import { MessageList } from '../rivals/message-list.js';
import { CountingRedis } from '../servers/counting-redis.js';
import { exactly } from '../statistics.js';

interface Keeper {
  append(message: Message): Promise<unknown>;
  /** Reads the newest messages, as a process does that has seen nothing. */
  open(): Promise<unknown>;
  close(): unknown;
}

interface Contender {
  readonly name: string;
  readonly create: (url: string) => Promise<Keeper>;
  /** True for what needs modules that a plain Redis does not have. */
  readonly needsModules?: boolean;
  /** The largest messages that it is given. */
  readonly maxBytes?: number;
}

/** The history that `RedisSaver` keeps of messages of 20 KB would take gigabytes. */
const contenders: readonly Contender[] = [
  { name: 'ours', create: createOurs },
  { name: 'a list by hand', create: createList },
  { name: 'ShallowRedisSaver', create: createShallowSaver, needsModules: true },
  { name: 'RedisSaver', create: createSaver, needsModules: true, maxBytes: 4_000 },
];

const note =
  "LangGraph's savers are given the channel of all messages after each question and each answer, without the steps and writes between them that a graph adds; a server that knows only their commands answers them. `ShallowRedisSaver` keeps the newest checkpoint, and reads it before each write. `RedisSaver` keeps all of them; with messages of 20 KB those would be gigabytes, so it is left out there. The list is `RPUSH` and `LRANGE`, which keeps no message's own expiry, cannot append once after a lost answer, and heals nothing.";

interface Traffic {
  readonly requests: number;
  readonly bytes: number;
  readonly openingRequests: number;
  readonly openingBytes: number;
}

export async function measureHistoryRedis(): Promise<MeasureResult> {
  const runs: { label: string; traffic: ReadonlyMap<string, Traffic> }[] = [];
  for (const { label, bytes } of messageSizes) runs.push({ label, traffic: await countAll(bytes) });
  const table = (title: string, unit: string, what: keyof Traffic, divisor: number): Table => ({
    title,
    unit,
    ratioOf: 'ours / ShallowRedisSaver',
    comparisons: runs.map(({ label, traffic }) => compare(label, traffic, what, divisor)),
  });
  return {
    title: 'A conversation of 200 turns, in Redis, message by message',
    about:
      'A turn is a question and an answer of one size, appended one by one over a connection through a proxy that counts; then the newest 50 are read by a process that has seen nothing. What each does on connecting is not counted.',
    tables: [
      { ...table('Requests a turn', 'requests', 'requests', turns), note },
      table('KB a turn, both ways', 'KB', 'bytes', turns * 1_000),
      table('Requests to open it', 'requests', 'openingRequests', 1),
      table('KB to open it, both ways', 'KB', 'openingBytes', 1_000),
    ],
  };
}

async function countAll(bytes: number): Promise<ReadonlyMap<string, Traffic>> {
  const redis = await RedisServer.start();
  const traffic = new Map<string, Traffic>();
  for (const { name, create, needsModules = false, maxBytes = bytes } of contenders) {
    if (bytes > maxBytes) continue;
    const proxy = new CountingRedis(needsModules ? undefined : redis.port);
    traffic.set(name, await count(proxy, await create(await proxy.start()), bytes));
  }
  await redis.stop();
  return traffic;
}

async function count(proxy: CountingRedis, keeper: Keeper, bytes: number): Promise<Traffic> {
  proxy.reset();
  for (const message of createConversation(bytes)) await keeper.append(message);
  const { requests, bytes: sent } = proxy;
  proxy.reset();
  await keeper.open();
  const counted = { requests, bytes: sent, openingRequests: proxy.requests, openingBytes: proxy.bytes };
  await keeper.close();
  proxy.stop();
  return counted;
}

async function createOurs(url: string): Promise<Keeper> {
  const client = new Redis(url, { socketTimeout: 5_000 });
  const create = () => new RedisMessageStore({ agentId: 'bench', client, compression: 'on' });
  const store = create();
  // The server has the script from now on.
  await store.append('another session', { role: 'user', content: 'Hello' });
  return {
    append: (message) => store.append('session', message),
    open: () => create().getRecent('session', { maxMessages: newest }),
    close: () => client.disconnect(),
  };
}

async function createList(url: string): Promise<Keeper> {
  const client = new Redis(url, { socketTimeout: 5_000 });
  await client.ping();
  const list = new MessageList(client, 'by-hand');
  return {
    append: (message) => list.append(message),
    open: () => list.open(newest),
    close: () => client.disconnect(),
  };
}

async function createShallowSaver(url: string): Promise<Keeper> {
  return toKeeper(await ShallowRedisSaver.fromUrl(url));
}

async function createSaver(url: string): Promise<Keeper> {
  return toKeeper(await RedisSaver.fromUrl(url));
}

function toKeeper(saver: ShallowRedisSaver | RedisSaver): Keeper {
  const checkpoints = new MessageCheckpoints(saver);
  return {
    append: (message) => checkpoints.append(message),
    open: () => checkpoints.open(),
    close: () => saver.end(),
  };
}

function compare(
  label: string,
  traffic: ReadonlyMap<string, Traffic>,
  what: keyof Traffic,
  divisor: number,
): Comparison {
  const values = [...traffic].map(([name, found]) => [name, exactly(found[what] / divisor)]);
  const [ours, saver] = [traffic.get('ours'), traffic.get('ShallowRedisSaver')];
  if (ours === undefined || saver === undefined) throw new Error('Nothing was counted.');
  return { label, values: Object.fromEntries(values), ratio: exactly(ours[what] / saver[what]) };
}
