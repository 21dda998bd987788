import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { runInAgentScope } from '../../src/domain/agent-scope.js';
import { AgentStoreError } from '../../src/domain/errors.js';
import { fencingTokenOf } from '../../src/domain/fencing.js';
import type { RecordStore } from '../../src/domain/record-store.js';
import { createAgentStore } from '../../src/domain/store/create-agent-store.js';
import type { AgentStore } from '../../src/index.js';
import { createState } from '../../src/testing/fixtures.js';
import { Faults } from '../../src/testing/index.js';
import { backendKinds } from '../property/backends.js';
import { FaultyRecords } from '../property/faulty-records.js';

const key = { partition: 'agent#a', sort: 'context#s' };
const overtaken = { code: 'CONFLICT', message: expect.stringContaining('A later turn has taken over') };
const changed = { code: 'CONFLICT', message: expect.stringContaining('Somebody else has saved or deleted') };
const large = createState(1, { metadata: { text: 'word '.repeat(200) } });
const lastWins = { agentId: 'a', concurrency: 'last-write-wins' } as const;

/** A turn with a token, as an agent of its own runs it, over a store that all agents share. */
function createTurn(store: AgentStore, fencingToken?: number) {
  const scope = { isRevoked: false, fencingToken };
  return {
    scope,
    load: () => runInAgentScope(scope, () => store.load('s')),
    save: (turnCount: number, fields = {}) =>
      runInAgentScope(scope, () => store.save('s', createState(turnCount, fields))),
    update: (turnCount: number) =>
      runInAgentScope(scope, () => store.update('s', () => createState(turnCount))),
    delete: () => runInAgentScope(scope, () => store.delete('s')),
  };
}

let records: InMemoryRecordStore;
let faults: Faults;
let store: AgentStore;

beforeEach(() => {
  records = new InMemoryRecordStore();
  faults = new Faults();
  store = createAgentStore(new FaultyRecords(records, faults), { agentId: 'a' });
});

const storedToken = async () => (await records.get(key))?.token;

/** The same records, of which none holds more than a few hundred bytes. */
function small(): RecordStore {
  return {
    maxRecordBytes: 200,
    get: (at) => records.get(at),
    put: (at, record, expected) => {
      if (Buffer.byteLength(record.text) < 600) return records.put(at, record, expected);
      throw new AgentStoreError('TOO_LARGE', 'The record is too large.');
    },
    delete: (at, expected) => records.delete(at, expected),
  };
}

describe('a turn that has lost its session', () => {
  it('saves nothing, although it has loaded what the turn that took over has saved', async () => {
    const [a, b] = [createTurn(store, 1), createTurn(store, 2)];
    await b.load();
    await b.save(1, { status: 'busy' });
    await a.load();
    await expect(a.save(7)).rejects.toMatchObject(overtaken);
    await b.save(1);
    expect(await store.peek('s')).toMatchObject({ status: 'idle', turnCount: 1 });
    expect(await storedToken()).toBe(2);
  });

  it('updates and deletes nothing', async () => {
    await createTurn(store, 2).save(1);
    const a = createTurn(store, 1);
    await expect(a.update(7)).rejects.toMatchObject(overtaken);
    await expect(a.delete()).rejects.toMatchObject(overtaken);
    await expect(a.save(7)).rejects.toMatchObject({ message: expect.stringContaining('met what somebody') });
    expect(await store.peek('s')).toMatchObject({ turnCount: 1 });
  });

  it('deletes nothing that is saved while it does', async () => {
    const [a, b] = [createTurn(store, 1), createTurn(store, 2)];
    await a.save(1);
    await b.load();
    faults.passNext();
    const release = faults.delayNext();
    const deletion = a.delete();
    await new Promise(setImmediate);
    await runInAgentScope(b.scope, () =>
      createAgentStore(records, { agentId: 'a' }).update('s', () => createState(2)),
    );
    release();
    await expect(deletion).rejects.toMatchObject(overtaken);
    expect(await store.peek('s')).toMatchObject({ turnCount: 2 });
  });

  it('saves nothing over a session that has expired', async () => {
    let now = 1_800_000_000_000;
    const expiring = createAgentStore(records, { agentId: 'a', ttlSeconds: 60, now: () => now });
    await createTurn(expiring, 2).save(1);
    now += 60_000;
    const a = createTurn(expiring, 1);
    expect(await a.load()).toBe(null);
    await expect(a.save(7)).rejects.toMatchObject(overtaken);
    await expect(a.update(7)).rejects.toMatchObject(overtaken);
    await expiring.load('s');
    await expiring.save('s', createState(8));
    expect(await storedToken()).toBe(2);
  });

  it('is told of a conflict if the backend does not say of what', async () => {
    const silent: RecordStore = {
      get: (at) => records.get(at),
      put: async (at, record, expected) => ({ written: (await records.put(at, record, expected)).written }),
      delete: (at, expected) => records.delete(at, expected),
    };
    const a = createTurn(createAgentStore(silent, { agentId: 'a' }), 1);
    await a.save(1);
    await createTurn(store, 2).update(2);
    await expect(a.save(7)).rejects.toMatchObject(changed);
  });

  it('learns that its own save was stored, although a later turn has saved on top', async () => {
    const [a, b] = [createTurn(store, 1), createTurn(createAgentStore(records, { agentId: 'a' }), 2)];
    await a.load();
    faults.repeatNext(() => b.update(2));
    await a.save(1);
    expect(await storedToken()).toBe(2);
    await expect(a.save(7)).rejects.toMatchObject(overtaken);
  });

  it('may be the earlier turn of the same agent, and its save is refused all the same', async () => {
    const a = createTurn(store, 5);
    await a.save(1);
    a.scope.fencingToken = 4;
    await expect(a.save(2)).rejects.toMatchObject(overtaken);
  });
});

describe('a writer without a token', () => {
  it('keeps the one that is stored', async () => {
    await createTurn(store, 3).save(1);
    await store.load('s');
    await store.save('s', createState(2));
    await store.save('s', createState(3));
    await store.update('s', () => createState(4));
    expect(await storedToken()).toBe(3);
    await expect(createTurn(store, 2).update(7)).rejects.toMatchObject(overtaken);
  });

  it('keeps that of a turn of its own agent, between turns', async () => {
    const a = createTurn(store, 3);
    await a.save(1);
    a.scope.fencingToken = undefined;
    await a.save(2);
    expect(await storedToken()).toBe(3);
  });

  it('keeps that of a save whose answer was lost, be it there at the time of a load or not', async () => {
    const a = createTurn(store, 3);
    await a.save(1);
    a.scope.fencingToken = 4;
    const deliver = faults.delayPastFailure();
    await expect(a.save(2)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    a.scope.fencingToken = undefined;
    await a.load();
    await deliver();
    expect(await storedToken()).toBe(4);
    await a.save(3);
    expect(await storedToken()).toBe(4);
  });

  it('keeps none of a record that says one that is no token', async () => {
    await records.put(key, { ...record, token: Number.POSITIVE_INFINITY }, null);
    await createAgentStore(records, lastWins).save('s', createState(1));
    expect(await storedToken()).toBe(undefined);
  });
});

const record = { revision: 'r', updatedAt: 0, entityType: '', data: null, text: 'null' };

describe('where the last write wins', () => {
  it('it does not win over a later turn', async () => {
    const loose = createAgentStore(records, lastWins);
    const [a, b] = [createTurn(loose, 1), createTurn(loose, 2)];
    await a.load();
    await b.save(1);
    await expect(a.save(7)).rejects.toMatchObject(overtaken);
    await expect(a.delete()).rejects.toMatchObject(overtaken);
    await createTurn(loose, 2).save(2);
    await store.load('s');
    await store.save('s', createState(3));
    await b.save(4);
    expect(await store.peek('s')).toMatchObject({ turnCount: 4 });
    await b.delete();
    expect(await records.get(key)).toBe(null);
  });

  it('one that has seen nothing keeps the token that is stored', async () => {
    await createTurn(store, 2).save(1);
    await createAgentStore(records, lastWins).save('s', createState(2));
    expect(await storedToken()).toBe(2);
    expect(await store.peek('s')).toMatchObject({ turnCount: 2 });
  });

  it('it replaces what cannot be compared', async () => {
    await records.put(key, { ...record, revision: '' }, null);
    await createTurn(createAgentStore(records, lastWins), 1).save(1);
    expect(await store.peek('s')).toMatchObject({ turnCount: 1 });
  });

  it('it wins over what a backend does not hand over, and over what is gone by then', async () => {
    let between = async () => {};
    const silent: RecordStore = {
      get: async (at) => {
        await between();
        return records.get(at);
      },
      put: async (at, made, expected) => ({ written: (await records.put(at, made, expected)).written }),
      delete: (at, expected) => records.delete(at, expected),
    };
    await createTurn(store, 2).save(1);
    await createAgentStore(silent, lastWins).save('s', createState(2));
    expect(await storedToken()).toBe(2);
    between = async () => void (await records.delete(key, null));
    await createAgentStore(silent, lastWins).save('s', createState(3));
    expect(await store.peek('s')).toMatchObject({ turnCount: 3 });
    expect(await storedToken()).toBe(undefined);
  });

  it('a delete goes on until it has removed what others save meanwhile', async () => {
    const loose = createAgentStore(new FaultyRecords(records, faults), lastWins);
    const a = createTurn(loose, 2);
    await a.save(1);
    faults.passNext();
    const release = faults.delayNext();
    const deletion = a.delete();
    await new Promise(setImmediate);
    await createAgentStore(records, lastWins).save('s', createState(2));
    release();
    await deletion;
    expect(await records.get(key)).toBe(null);
  });
});

describe('a state that takes several records', () => {
  it('carries the token in the record that names the others, also while it is deleted', async () => {
    const spread = createAgentStore(small(), { agentId: 'a' });
    const tokens: unknown[] = [];
    const noting = {
      ...small(),
      put: (...args: Parameters<RecordStore['put']>) => {
        if (args[0].sort === key.sort) tokens.push(args[1].token);
        return small().put(...args);
      },
    };
    const b = createTurn(createAgentStore(noting, { agentId: 'a' }), 2);
    await b.save(1, large);
    await expect(createTurn(spread, 1).update(7)).rejects.toMatchObject(overtaken);
    await expect(createTurn(spread, 1).delete()).rejects.toMatchObject(overtaken);
    await createAgentStore(noting, { agentId: 'a' }).delete('s');
    const c = createTurn(createAgentStore(noting, { agentId: 'a' }), 3);
    await c.save(1, large);
    await c.delete();
    // One that is too large, one that names the parts instead, and one that says that they are being deleted.
    expect(tokens).toEqual([2, 2, 2, 3, 3, 3]);
  });
});

describe('what counts as a token', () => {
  it('is a whole number that is not negative, since the scope may be of another copy of the package', () => {
    const tokenOf = (token: unknown) => {
      const scope = { isRevoked: false };
      Reflect.set(scope, 'fencingToken', token);
      return fencingTokenOf(scope);
    };
    expect([0, 1, Number.MAX_SAFE_INTEGER].map(tokenOf)).toEqual([0, 1, Number.MAX_SAFE_INTEGER]);
    for (const other of [undefined, null, '1', -1, 1.5, Number.NaN, 2 ** 53, 1n, {}])
      expect(tokenOf(other)).toBe(undefined);
    expect(fencingTokenOf(undefined)).toBe(undefined);
  });
});

describe.each(backendKinds)('on $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());

  it('a turn that wakes up late saves and deletes nothing, and the one that took over is not disturbed', async () => {
    const agentId = `fencing-${process.pid}`;
    const kept = kind.records();
    const open = () => createAgentStore(kept, { agentId });
    const [a, b] = [createTurn(open(), 1), createTurn(open(), 2)];
    await a.load();
    await a.save(1);
    await b.load();
    await b.save(2, { status: 'busy' });
    await a.load();
    await expect(a.save(7)).rejects.toMatchObject(overtaken);
    await expect(a.delete()).rejects.toMatchObject(overtaken);
    await b.save(2);
    const outside = open();
    await outside.load('s');
    await outside.save('s', createState(3));
    await expect(a.update(7)).rejects.toMatchObject(overtaken);
    expect(await open().peek('s')).toMatchObject({ turnCount: 3 });
    await createTurn(open(), 2).delete();
    expect(await open().peek('s')).toBe(null);
  });
});
