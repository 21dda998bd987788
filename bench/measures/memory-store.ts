import { MemorySaver } from '@langchain/langgraph-checkpoint';
import Keyv from 'keyv';
import { InMemoryAgentStore } from '../../dist/adapters/memory/index.js';
import type { AgentState } from '../../dist/domain/agent-state.js';
import { compare } from '../compare.js';
import type { Comparison, MeasureResult } from '../results.js';
import { toCheckpoint } from '../rivals/checkpoint.js';
import { kinds, sizes } from '../states.js';

export async function measureMemoryStore(): Promise<MeasureResult> {
  const comparisons: Comparison[] = [];
  for (const { kind, create } of kinds) {
    for (const { label, bytes } of sizes) {
      comparisons.push(await compareStores(`${label}, ${kind}`, kind, create(bytes)));
    }
  }
  return {
    title: 'The in-memory store',
    about:
      '`save` and `load` of one session. `structuredClone` twice is the least that keeps nothing shared, and "clones in order" the least that is a store: a map of clones whose calls for a session wait for each other; keyv, and the `MemorySaver` of LangGraph (without its own history: one checkpoint a thread), are what else would be used in a test.',
    tables: [
      {
        title: 'One save and one load',
        unit: 'µs',
        ratioOf: 'ours / structuredClone twice',
        comparisons,
        note: 'keyv and MemorySaver write JSON: of a rich state they lose the types (dates become text) or refuse it (bigints), so there they are timed on plain states only.',
      },
    ],
  };
}

async function compareStores(label: string, kind: string, state: AgentState): Promise<Comparison> {
  const store = new InMemoryAgentStore({ agentId: 'bench' });
  const contenders = [
    {
      name: 'ours',
      run: async () => {
        await store.save('session', state);
        return store.load('session');
      },
    },
    { name: 'structuredClone ×2', run: () => structuredClone(structuredClone(state)) },
    createClonesInOrder(state),
    ...(kind === 'plain' ? createJsonRivals(state) : []),
  ];
  const found = await compare(label, contenders, ['ours', 'structuredClone ×2'], { factor: 1_000 });
  return { ...found, target: { atMost: 1.2 } };
}

function createClonesInOrder(state: AgentState) {
  const states = new Map<string, AgentState>();
  const tails = new Map<string, Promise<unknown>>();
  const inOrder = async <T>(key: string, call: () => Promise<T>): Promise<T> => {
    const result = (tails.get(key) ?? Promise.resolve()).then(call);
    const settled = result.catch(() => undefined);
    tails.set(key, settled);
    try {
      return await result;
    } finally {
      if (tails.get(key) === settled) tails.delete(key);
    }
  };
  const save = (key: string, saved: AgentState) => {
    const clone = structuredClone(saved);
    return inOrder(key, async () => states.set(key, clone));
  };
  return {
    name: 'clones in order',
    run: async () => {
      await save('session', state);
      return inOrder('session', async () => structuredClone(states.get('session')));
    },
  };
}

function createJsonRivals(state: AgentState) {
  const keyv = new Keyv();
  const saver = new MemorySaver();
  const checkpoint = toCheckpoint(state);
  const config = { configurable: { thread_id: 'session', checkpoint_ns: '' } };
  return [
    {
      name: 'keyv',
      run: async () => {
        await keyv.set('session', state);
        return keyv.get('session');
      },
    },
    {
      name: 'MemorySaver',
      run: async () => {
        await saver.put(config, checkpoint, { source: 'loop', step: 1, parents: {} });
        return saver.getTuple(config);
      },
    },
  ];
}
