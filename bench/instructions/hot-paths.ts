import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import superjson from 'superjson';
import { InMemoryAgentStore } from '../../dist/adapters/memory/index.js';
import { defaultSerializer } from '../dist/domain/default-serializer.js';
import { fromStateText, toStateText } from '../dist/domain/values/text.js';
import { createRichState } from '../states.js';
import { connectInProcess } from './in-process-server.js';

const ids = { agentId: 'bench', contextId: 'session' };
const state = createRichState(2_000);

/** What makes each contender of a path ready, and then does it once a call. */
const contenders: Readonly<Record<string, () => () => unknown>> = {
  'text/ours': () => async () =>
    defaultSerializer.deserialize(
      fromStateText(String(toStateText(await defaultSerializer.serialize(state, ids)))),
      ids,
    ),
  'text/superjson': () => () => superjson.parse(superjson.stringify(state)),
  'memory/ours': () => {
    const store = new InMemoryAgentStore({ agentId: ids.agentId });
    return async () => {
      await store.save(ids.contextId, state);
      return store.load(ids.contextId);
    };
  },
  'memory/structuredClone': () => () => structuredClone(structuredClone(state)),
  'turn/ours': () => connectInProcess('ours'),
  'turn/node:http': () => connectInProcess('node:http'),
  'turn/telemetry': () => connectInProcess('telemetry'),
};

// Run under valgrind, which counts when it is told: the contender, how often it is called before, and then.
const [name = '', warm, counted] = process.argv.slice(2);
const run = contenders[name]?.();
if (run === undefined) throw new RangeError(`There is no contender "${name}".`);
for (let calls = Number(warm); calls > 0; calls--) await run();
await startCounting();
for (let calls = Number(counted); calls > 0; calls--) await run();
process.exit();

async function startCounting(): Promise<void> {
  const control = spawn('callgrind_control', ['--instr=on', String(process.pid)], { stdio: 'inherit' });
  const exited = once(control, 'exit');
  let isOver = false;
  exited.finally(() => {
    isOver = true;
  });
  // Valgrind looks for what it is told while the program runs, and not while it waits.
  while (!isOver) await setImmediate();
  const [code] = await exited;
  if (code !== 0) throw new Error(`callgrind_control failed with ${code}.`);
}
