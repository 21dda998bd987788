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
  'telemetry/ours': () => connectInProcess('telemetry'),
  'telemetry/without': () => connectInProcess('ours'),
};

// Run under valgrind, which counts: the contender, and how many times.
const [name = '', times] = process.argv.slice(2);
const run = contenders[name]?.();
if (run === undefined) throw new RangeError(`There is no contender "${name}".`);
for (let count = Number(times); count > 0; count--) await run();
process.exit();
