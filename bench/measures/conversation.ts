import KeyvRedis from '@keyv/redis';
import { emptyCheckpoint } from '@langchain/langgraph-checkpoint';
import { ShallowRedisSaver } from '@langchain/langgraph-checkpoint-redis/shallow';
import Keyv from 'keyv';
import { RedisAgentStore } from '../../dist/adapters/redis/index.js';
import type { AgentState } from '../../dist/domain/agent-state.js';
import { RedisServer } from '../../test/backends/redis-server.js';
import type { Comparison, MeasureResult } from '../results.js';
import { toCheckpoint } from '../rivals/checkpoint.js';
import { CountingRedis } from '../servers/counting-redis.js';
import { createMessages, createPlainState } from '../states.js';
import { exactly } from '../statistics.js';

const turns = 50;

interface Keeper {
  load(): Promise<unknown>;
  save(state: AgentState): Promise<unknown>;
}

interface Traffic {
  readonly requests: number;
  readonly bytes: number;
}

export async function measureConversation(): Promise<MeasureResult> {
  const redis = await RedisServer.start();
  const traffic = {
    ours: await count(new CountingRedis(redis.port), createOurs),
    keyv: await count(new CountingRedis(redis.port), createKeyv),
    LangGraph: await count(new CountingRedis(), createSaver),
  };
  await redis.stop();
  return {
    title: 'A conversation of 50 turns, in Redis',
    about:
      'One session that grows by two or three messages a turn, to about 60 KB. Everybody loads once and saves twice a turn, over connections through a proxy that counts; what each does on connecting is not counted.',
    tables: [
      {
        title: 'Requests and traffic',
        unit: 'counted',
        ratioOf: 'ours / the best rival',
        comparisons: [
          toComparison('requests', traffic, 'requests', 1),
          toComparison('KB, both ways', traffic, 'bytes', 1_000),
        ],
        note: "LangGraph: `ShallowRedisSaver`, its saver without history; a graph would call it more often than this. It needs the modules RedisJSON and RediSearch, so a server that knows only the saver's commands answers it. Ours sends one request more than keyv where the server does not know its script yet.",
      },
    ],
  };
}

async function count(proxy: CountingRedis, create: (url: string) => Promise<Keeper>): Promise<Traffic> {
  const keeper = await create(await proxy.start());
  const messages = createMessages(60_000);
  const state = createPlainState(300);
  const toState = (turn: number) => {
    const known = messages.slice(0, Math.ceil((turn / turns) * messages.length));
    return { ...state, turnCount: turn, metadata: { ...state.metadata, messages: known } };
  };
  await keeper.save(toState(0));
  proxy.reset();
  await keeper.load();
  for (let turn = 1; turn <= turns; turn++) {
    await keeper.save({ ...toState(turn - 1), status: 'busy' });
    await keeper.save(toState(turn));
  }
  return { requests: proxy.requests, bytes: proxy.bytes };
}

async function createOurs(url: string): Promise<Keeper> {
  const store = new RedisAgentStore({ agentId: 'bench', url, compression: 'on' });
  return { load: () => store.load('session'), save: (state) => store.save('session', state) };
}

async function createKeyv(url: string): Promise<Keeper> {
  const keyv = new Keyv(new KeyvRedis(url));
  return { load: () => keyv.get('session'), save: (state) => keyv.set('session', state) };
}

async function createSaver(url: string): Promise<Keeper> {
  const saver = await ShallowRedisSaver.fromUrl(url);
  const config = { configurable: { thread_id: 'session', checkpoint_ns: '' } };
  return {
    load: () => saver.getTuple(config),
    save: (state) => {
      const checkpoint = toCheckpoint(state, emptyCheckpoint().id);
      return saver.put(config, checkpoint, { source: 'loop', step: 1, parents: {} }, {});
    },
  };
}

function toComparison(
  label: string,
  { ours, ...rivals }: Record<string, Traffic> & { ours: Traffic },
  what: keyof Traffic,
  divisor: number,
): Comparison {
  const best = Math.min(...Object.values(rivals).map((rival) => rival[what]));
  const entries = Object.entries({ ours, ...rivals }).map(([name, traffic]) => [
    name,
    exactly(traffic[what] / divisor),
  ]);
  return {
    label,
    values: Object.fromEntries(entries),
    ratio: exactly(ours[what] / best),
    target: { atMost: 1 },
  };
}
