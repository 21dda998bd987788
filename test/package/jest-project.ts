import { readFile } from 'node:fs/promises';

const used = {
  '@looopy-ai/aws/testing': 'Faults, agentStoreContract',
  '@looopy-ai/aws/stores/memory': 'InMemoryAgentStore, InMemoryRecordStore, createAgentStore',
};

const tests = `
function createBackend() {
  const faults = new Faults();
  const inMemory = new InMemoryRecordStore();
  const records = {
    get: (key) => faults.run(() => inMemory.get(key)),
    put: (key, record, expected) => faults.run(() => inMemory.put(key, record, expected)),
    delete: (key, expected) => faults.run(() => inMemory.delete(key, expected)),
  };
  return {
    faults,
    open: (options) => createAgentStore(records, options),
    corrupt: async ({ agentId, contextId }) => {
      const key = { partition: \`agent#\${agentId}\`, sort: \`context#\${contextId}\` };
      await inMemory.put(key, { revision: 'x', updatedAt: 0, entityType: '', data: null, text: '{' }, null);
    },
    dispose: async () => {},
  };
}

for (const { name, run } of agentStoreContract(createBackend)) test(name, run);

const state = () => ({
  status: 'idle',
  turnCount: 1,
  createdAt: new Date(1),
  lastActivity: new Date(2),
  metadata: { map: new Map([['a', new Set([new Date(3)])]]), error: new TypeError('broken'), bytes: new Uint8Array([1]) },
});

test('a state that was cloned is saved again', async () => {
  const store = new InMemoryAgentStore({ agentId: 'a' });
  await store.save('s', structuredClone(state()));
  await store.save('s', structuredClone(await store.load('s')));
  const loaded = await store.load('s');
  expect(loaded.createdAt instanceof Date && loaded.metadata.map instanceof Map).toBe(true);
  expect(loaded).toMatchObject({ createdAt: new Date(1), metadata: { error: { message: 'broken' } } });
});

test('a state of a fake clock is saved', async () => {
  jest.useFakeTimers({ now: 5, doNotFake: ['nextTick', 'setImmediate'] });
  const store = new InMemoryAgentStore({ agentId: 'a' });
  await store.save('s', { ...state(), createdAt: new Date() });
  jest.useRealTimers();
  expect((await store.load('s')).createdAt).toEqual(new Date(5));
});
`;

/** Cases in the file below besides those of the contract. */
export const ownTests = 2;

/** A test file of each of the modes of Jest. */
export const jestTests = {
  esm: `import { jest } from '@jest/globals';\n${write((names, from) => `import { ${names} } from '${from}';`)}`,
  cjs: write((names, from) => `const { ${names} } = require('${from}');`),
} as const;

function write(load: (names: string, from: string) => string): string {
  return Object.entries(used)
    .map(([from, names]) => load(names, from))
    .join('\n')
    .concat(tests);
}

/** The configurations that docs/testing.md says, in its order. */
export async function readJestConfigs(): Promise<{ esm: string; cjs: string }> {
  const page = await readFile('docs/testing.md', 'utf8');
  const [esm, cjs] = [...page.matchAll(/^```js\n(\/\/ jest\.config.*?)^```$/gms)].map(([, code]) => code);
  if (esm === undefined || cjs === undefined)
    throw new Error('docs/testing.md does not say how to run Jest.');
  return { esm, cjs };
}
