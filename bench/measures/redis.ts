import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import superjson from 'superjson';
import { RedisAgentStore } from '../../dist/adapters/redis/index.js';
import type { AgentState } from '../../dist/domain/agent-state.js';
import { RedisServer } from '../../test/backends/redis-server.js';
import { alternate, ratioOf, summarizeAll } from '../alternate.js';
import type { Comparison, MeasureResult } from '../results.js';
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
    const comparison = await compare(label, client, createPlainState(bytes), JSON);
    plain.push({ ...comparison, target: { atMost: bytes <= 2_000 ? 1.15 : 1.5 } });
    rich.push(await compare(label, client, createRichState(bytes), superjson));
  }
  client.disconnect();
  await server.stop();
  const shared = { unit: 'ms', ratioOf: 'ours / by hand' };
  return {
    title: 'Redis, time per call',
    about:
      '`save` and `load` of one session against `set` and `get` written by hand, through the same client of ioredis. The saves of the store run a script that compares the revision; those by hand overwrite whatever is there, or run the shortest script that compares one ("with a condition").',
    tables: [
      {
        ...shared,
        title: 'Plain states: one save and one load',
        comparisons: plain,
        note: 'By hand: `JSON.stringify`, and `JSON.parse` without restoring the dates. From 4 KB the store compresses, which costs time beside a server on the same machine and saves memory and network everywhere; "uncompressed" is the store with `compression: \'off\'`.',
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

async function compare(label: string, client: Redis, state: AgentState, form: TextForm): Promise<Comparison> {
  const ours = await createContender('ours', client, state, 'auto');
  const uncompressed = await createContender('uncompressed', client, state, 'off');
  const byHand = {
    name: 'by hand',
    run: async () => {
      await client.set('by-hand', form.stringify(state));
      return form.parse((await client.get('by-hand')) ?? '');
    },
  };
  const withCondition = await createWithCondition(client, state, form);
  const samples = await alternate([ours, uncompressed, withCondition, byHand], { rounds: 21, roundMs: 60 });
  return { label, values: summarizeAll(samples), ratio: ratioOf(samples, 'ours', 'by hand') };
}

async function createContender(name: string, client: Redis, state: AgentState, compression: 'auto' | 'off') {
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

/** In front of the text stands a revision of 36 characters. */
const compareAndSet = `if redis.call('GETRANGE', KEYS[1], 0, 35) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

async function createWithCondition(client: Redis, state: AgentState, form: TextForm) {
  const sha1 = String(await client.script('LOAD', compareAndSet));
  await client.del('with-condition');
  let stored = '';
  return {
    name: 'with a condition',
    run: async () => {
      const revision = randomUUID();
      const value = revision + form.stringify(state);
      const isWritten = await client.evalsha(sha1, 1, 'with-condition', stored, value);
      if (isWritten !== 1) throw new Error('The revision is another one.');
      stored = revision;
      return form.parse((await client.get('with-condition'))?.slice(36) ?? '');
    },
  };
}
