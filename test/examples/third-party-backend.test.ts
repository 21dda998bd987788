import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileRecordStore } from '../../examples/third-party-backend/file-record-store.js';
import { createPrefixKeySchema, type RecordKey, type StateSerializer } from '../../src/index.js';
import { createAgentStore } from '../../src/stores.js';
import { createState } from '../../src/testing/fixtures.js';
import { agentStoreContract, type ContractBackend, Faults } from '../../src/testing/index.js';

let root: string;
let folders = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'third-party-backend-'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

async function createFolder(): Promise<string> {
  const folder = join(root, `${++folders}`);
  await mkdir(folder);
  return folder;
}

async function createBackend(): Promise<ContractBackend> {
  const faults = new Faults();
  const folder = await createFolder();
  const files = new FileRecordStore(folder);
  // Reads in the order of the calls: a case that looks twice awaits the first call before it hears of the second.
  let lastRead: Promise<unknown> = Promise.resolve();
  const get = (key: RecordKey) => {
    const read = lastRead.then(() => files.get(key));
    lastRead = read.catch(() => undefined);
    return read;
  };
  return {
    faults,
    open: (options) =>
      createAgentStore(
        {
          get: (key) => faults.run(() => get(key)),
          put: (key, record, expected) => faults.run(() => files.put(key, record, expected)),
          delete: (key, expected) => faults.run(() => files.delete(key, expected)),
        },
        options,
      ),
    corrupt: async (ids) => {
      const probe = new FileRecordStore(await createFolder());
      await probe.put(
        createPrefixKeySchema().key(ids),
        { revision: '', updatedAt: 0, entityType: '', data: 0, text: '' },
        null,
      );
      const [name = ''] = await readdir(join(root, `${folders}`));
      await writeFile(join(folder, name), '{"revision":"');
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

describe('a third-party backend', () => {
  for (const { name, run } of agentStoreContract(createBackend)) it(name, run);

  it('has fewer than 60 lines of code', async () => {
    const text = await readFile('examples/third-party-backend/file-record-store.ts', 'utf8');
    const code = text
      .replace(/\/\*\*.*?\*\//gs, '')
      .split('\n')
      .filter((line) => line.trim() !== '');
    expect(code.length).toBeLessThan(60);
  });

  it('keeps what a store finds after a restart, and no other files', async () => {
    const folder = await createFolder();
    const open = () => createAgentStore(new FileRecordStore(folder), { agentId: 'agent' });
    const first = open();
    await first.save('s', createState(1));
    await first.save('s', createState(2));
    expect((await open().load('s'))?.turnCount).toBe(2);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('keeps bytes that a serializer makes, also none', async () => {
    const kept = createState(3);
    const serialized: unknown[] = [];
    const serializer: StateSerializer = {
      serialize: ({ turnCount }) => new Uint8Array(turnCount),
      deserialize: (data) => {
        serialized.push(data);
        return kept;
      },
    };
    const store = createAgentStore(new FileRecordStore(await createFolder()), {
      agentId: 'agent',
      serializer,
    });
    for (const turnCount of [0, 2]) {
      await store.save('s', createState(turnCount));
      await store.load('s');
    }
    expect(serialized.map((data) => data instanceof Uint8Array && data.length)).toEqual([0, 2]);
  });
});
