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
      "`save` and `load` of one session against `set` and `get` written by hand, through the same client of ioredis. The store's saves run a script that compares the revision; those by hand overwrite whatever is there.",
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
  const samples = await alternate([ours, uncompressed, byHand], { rounds: 21, roundMs: 60 });
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
