import { DynamoDBAgentStore } from '../../dist/adapters/dynamodb/index.js';
import type { AgentState, AgentStatus } from '../../dist/domain/agent-state.js';
import { type Consumption, CountingTable } from '../counting-table.js';
import { dollarsOf } from '../prices.js';
import type { Comparison, MeasureResult, Target } from '../results.js';
import { NativeMapStore } from '../rivals/native-map-store.js';
import { createPlainState, sizes } from '../states.js';
import { exactly } from '../statistics.js';

interface Turn {
  readonly ours: Consumption;
  readonly native: Consumption;
}

/** More sizes than the tables show, for the plot. */
const plotted = [300, 1_000, 2_000, 4_000, 8_000, 20_000, 50_000, 100_000, 200_000];

export async function measureTurns(): Promise<MeasureResult> {
  const [cold, warm]: [Comparison[], Comparison[]] = [[], []];
  for (const { label, bytes } of sizes) {
    const turns = await countTurns(bytes);
    const target = bytes >= 20_000 ? { atMost: 0.4 } : undefined;
    cold.push(...compare(label, turns.cold, target, { atMost: turns.cold.native.requests - 1 }));
    warm.push(...compare(label, turns.warm, target));
  }
  const cost: Comparison[] = [];
  for (const bytes of plotted) cost.push(toCost(bytes, await countTurns(bytes)));
  const ratioOf = 'ours / native maps';
  return {
    title: 'What a turn costs in DynamoDB',
    about:
      'Counted, not timed: the requests of one turn and their units, as an agent makes them. A cold turn is the first of an agent made for a stored session: a save with status `created` from its constructor, a load, and saves of `idle`, `busy` and `idle`; a warm turn is a later one: saves of `busy` and `idle`. The rival keeps native maps under the same keys and sends every save.',
    tables: [
      { title: 'A cold turn', unit: 'counted', ratioOf, comparisons: cold },
      { title: 'A warm turn', unit: 'counted', ratioOf, comparisons: warm },
      { title: 'A million turns', unit: 'US dollars', comparisons: cost },
    ],
  };
}

async function countTurns(bytes: number): Promise<{ cold: Turn; warm: Turn }> {
  const state = createPlainState(bytes);
  const [ours, native] = [new CountingTable(), new CountingTable()];
  const options = { tableName: 'bench', agentId: 'bench', documentClient: ours };
  const seeding = new DynamoDBAgentStore(options);
  await seeding.save('session', state);
  const stores = [
    { table: ours, store: new DynamoDBAgentStore(options) },
    { table: native, store: new NativeMapStore(native) },
  ];
  await stores[1]?.store.save('session', state);
  const consumptions: { cold: Consumption; warm: Consumption }[] = [];
  for (const { table, store } of stores) {
    const save = (status: AgentStatus) => store.save('session', { ...state, status });
    const created = {
      status: 'created',
      turnCount: 0,
      createdAt: state.createdAt,
      lastActivity: state.createdAt,
    };
    table.take();
    await store.load('session');
    await store.save('session', created as AgentState);
    for (const status of ['idle', 'busy', 'idle'] as const) await save(status);
    const cold = table.take();
    for (const status of ['busy', 'idle'] as const) await save(status);
    consumptions.push({ cold, warm: table.take() });
  }
  const [own, rival] = consumptions;
  if (own === undefined || rival === undefined) throw new Error('Nothing was counted.');
  return { cold: { ours: own.cold, native: rival.cold }, warm: { ours: own.warm, native: rival.warm } };
}

function compare(label: string, { ours, native }: Turn, units?: Target, requests?: Target): Comparison[] {
  const toRow = (what: keyof Consumption, name: string) => ({
    label: `${label}, ${name}`,
    values: { ours: exactly(ours[what]), 'native maps': exactly(native[what]) },
    ratio: exactly(native[what] === 0 ? 1 : ours[what] / native[what]),
  });
  const fewer =
    requests !== undefined && 'atMost' in requests ? requests.atMost / native.requests : undefined;
  return [
    { ...toRow('requests', 'requests'), ...(fewer !== undefined && { target: { atMost: fewer } }) },
    { ...toRow('writeUnits', 'write units'), ...(units !== undefined && { target: units }) },
    ...(native.readUnits > 0 ? [toRow('readUnits', 'read units')] : []),
  ];
}

function toCost(bytes: number, { cold, warm }: { cold: Turn; warm: Turn }): Comparison {
  return {
    label: `${bytes / 1_000} KB`,
    values: {
      'ours, cold': exactly(dollarsOf(cold.ours)),
      'native maps, cold': exactly(dollarsOf(cold.native)),
      'ours, warm': exactly(dollarsOf(warm.ours)),
      'native maps, warm': exactly(dollarsOf(warm.native)),
    },
  };
}
