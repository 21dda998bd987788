import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import superjson from 'superjson';
import { RedisAgentStore, type RedisClient, type RedisCompression } from '../../dist/adapters/redis/index.js';
import type { AgentState } from '../../dist/domain/agent-state.js';
import { RedisServer } from '../../test/backends/redis-server.js';
import { createRedisAtOnce } from '../clients-at-once.js';
import { compare } from '../compare.js';
import { isQuick } from '../quick.js';
import type { Comparison, MeasureResult } from '../results.js';
import { compareAndSet, createRevision, LeastRedisStore } from '../rivals/least-redis-store.js';
import { createPlainState, createRichState, sizes } from '../states.js';

interface TextForm {
  stringify(state: AgentState): string;
  parse(text: string): unknown;
}

export async function measureRedis(): Promise<MeasureResult> {
  const server = await RedisServer.start();
  const client = new Redis(server.url);
  const [plain, rich]: [Comparison[], Comparison[]] = [[], []];
  for (const { label, bytes } of sizes) {
    const comparison = await compareSaves(label, client, createPlainState(bytes), JSON);
    plain.push({ ...comparison, target: { atMost: bytes <= 2_000 ? 1.15 : 1.5 } });
    if (!isQuick) rich.push(await compareSaves(label, client, createRichState(bytes), superjson));
  }
  client.disconnect();
  await server.stop();
  const shared = { unit: 'ms', ratioOf: 'ours / by hand' };
  return {
    title: 'Redis, time per call',
    about:
      '`save` and `load` of one session against `set` and `get` written by hand, through the same client of ioredis. The saves of the store run a script that compares the revision; those by hand overwrite whatever is there, or run the shortest script that compares one ("with a condition"), whose revision may also be one that copies of a process do not share, made as the store makes its own ("with a revision"). "The least store" does that, and what else is promised of a store of plain states: it refuses what JSON would change, keeps the calls for a session in order, gives each a time-out, and restores the dates. "Our code alone" is the store with a client that answers at once.',
    tables: [
      {
        ...shared,
        title: 'Plain states: one save and one load',
        comparisons: plain,
        note: 'By hand: `JSON.stringify`, and `JSON.parse` without restoring the dates. The server is on the same machine, where the store does not compress by itself; "compressed" is the store with `compression: \'on\'`, as it is over 4 KB for a server elsewhere.',
      },
      {
        ...shared,
        title: 'Rich states: one save and one load',
        comparisons: rich,
        note: 'By hand: superjson.',
      },
    ],
  };
}

async function compareSaves(
  label: string,
  client: Redis,
  state: AgentState,
  form: TextForm,
): Promise<Comparison> {
  const ours = await createContender('ours', client, state, 'auto');
  const alone = await createContender('our code alone', createRedisAtOnce(), state, 'off');
  const compressed = await createContender('compressed', client, state, 'on');
  const byHand = {
    name: 'by hand',
    run: async () => {
      await client.set('by-hand', form.stringify(state));
      return form.parse((await client.get('by-hand')) ?? '');
    },
  };
  const withRevision = await createWithCondition('with a revision', client, state, form, createRevision);
  const withCondition = await createWithCondition('with a condition', client, state, form, () =>
    randomUUID(),
  );
  const contenders = [
    ours,
    alone,
    compressed,
    ...(form === JSON ? [await createLeast(client, state)] : []),
    withRevision,
    withCondition,
    byHand,
  ];
  return compare(label, contenders, ['ours', 'by hand'], { rounds: 63, roundMs: 20 });
}

async function createContender(
  name: string,
  client: RedisClient,
  state: AgentState,
  compression: RedisCompression,
) {
  const store = new RedisAgentStore({ agentId: name, client, compression });
  await store.load('session');
  return {
    name,
    run: async () => {
      await store.save('session', state);
      await store.load('session');
    },
  };
}

async function createLeast(client: Redis, state: AgentState) {
  const store = await LeastRedisStore.open(client);
  await client.del('least');
  return {
    name: 'the least store',
    run: async () => {
      await store.save('least', state);
      await store.load('least');
    },
  };
}

async function createWithCondition(
  name: string,
  client: Redis,
  state: AgentState,
  form: TextForm,
  create: (text: string, previous: string) => string,
) {
  const sha1 = String(await client.script('LOAD', compareAndSet));
  await client.del(name);
  let stored = '';
  return {
    name,
    run: async () => {
      const text = form.stringify(state);
      const revision = create(text, stored);
      const isWritten = await client.evalsha(sha1, 1, name, stored, revision + text);
      if (isWritten !== 1) throw new Error('The revision is another one.');
      stored = revision;
      return form.parse((await client.get(name))?.slice(36) ?? '');
    },
  };
}
