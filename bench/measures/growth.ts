import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DynamoDBAgentStore } from '../../dist/adapters/dynamodb/index.js';
import { InMemoryAgentStore } from '../../dist/adapters/memory/index.js';
import type { AgentStore } from '../../dist/domain/agent-store.js';
import type { Contender } from '../alternate.js';
import { compare } from '../compare.js';
import type { Comparison, MeasureResult } from '../results.js';
import { createPlainState } from '../states.js';
import { exactly, summarize } from '../statistics.js';

const counts = [100, 1_000, 10_000, 100_000];
const state = createPlainState(300);

/** Takes every write, and is never asked for a read: what is left is what the store itself remembers. */
const acceptingClient = { send: async () => ({}) };

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

export async function measureGrowth(): Promise<MeasureResult> {
  const memory = [await measureMemory(), await measureMemory(), await measureMemory()].flat();
  return {
    title: 'Growth: 100 to 100,000 sessions in one store',
    about:
      'One store in one process that knows so many sessions, each saved once. Then saves of sessions at random, and of one session again and again, the four stores in turn.',
    tables: [
      await compareTimes('DynamoDB store, a client that answers at once', () => createStore()),
      await compareTimes('In-memory store', () => new InMemoryAgentStore({ agentId: 'bench' })),
      {
        title: 'Memory of the DynamoDB store',
        unit: 'bytes per known session, its id of 36 characters included',
        ratioOf: 'ours / 200 bytes',
        comparisons: [toMemoryRow(memory)],
      },
    ],
  };
}

function createStore(): AgentStore {
  return new DynamoDBAgentStore({ tableName: 't', agentId: 'bench', documentClient: acceptingClient });
}

async function compareTimes(title: string, create: () => AgentStore) {
  const [random, same]: [Contender[], Contender[]] = [[], []];
  for (const count of counts) {
    const store = create();
    const ids = Array.from({ length: count }, () => crypto.randomUUID());
    for (const id of ids) await store.save(id, state);
    const name = `${count.toLocaleString('en')} sessions`;
    random.push({ name, run: () => store.save(ids[Math.floor(Math.random() * count)] ?? '', state) });
    same.push({ name, run: () => store.save(ids[0] ?? '', state) });
  }
  const comparisons = [
    await compareCounts('at random', random),
    await compareCounts('always the same', same),
  ];
  return { title, unit: 'µs', ratioOf: '100,000 sessions / 100 sessions', comparisons };
}

async function compareCounts(label: string, contenders: readonly Contender[]): Promise<Comparison> {
  const most = contenders.at(-1)?.name ?? '';
  const found = await compare(label, contenders, [most, contenders[0]?.name ?? ''], {
    rounds: 25,
    factor: 1_000,
  });
  return { ...found, target: { atMost: 1.2 } };
}

/** Bytes per session. */
async function measureMemory(): Promise<number> {
  const count = 100_000;
  const store = createStore();
  await store.save('first', state);
  const before = heapUsed();
  for (let session = 0; session < count; session++) await store.save(randomBytes(18).toString('hex'), state);
  const after = heapUsed();
  await store.close();
  return (after - before) / count;
}

function heapUsed(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function toMemoryRow(samples: readonly number[]): Comparison {
  const bytes = summarize(samples);
  return {
    label: '100,000 sessions',
    values: { ours: bytes },
    ratio: exactly(bytes.median / 200),
    target: { atMost: 1 },
  };
}
