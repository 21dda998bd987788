import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import { AgentStoreError, isAgentStoreError } from '../../src/domain/errors.js';
import type { RecordKey } from '../../src/domain/key-schema.js';
import type { Expectation, NewRecord, RecordStore } from '../../src/domain/record-store.js';
import { createAgentStore } from '../../src/domain/store/create-agent-store.js';
import { createState } from '../../src/testing/fixtures.js';
import { runs } from './options.js';

const maxRecordBytes = 200;

/** Small records, each request to which waits for its turn, and may fail before or after it takes effect. */
class SmallRecords implements RecordStore {
  readonly maxRecordBytes = maxRecordBytes;
  readonly names = new Set<string>();
  readonly #records = new InMemoryRecordStore();
  readonly #send: <T>(name: string, call: () => Promise<T>) => Promise<T>;

  constructor(send: <T>(name: string, call: () => Promise<T>) => Promise<T>) {
    this.#send = send;
  }

  get(key: RecordKey) {
    return this.#send(`get ${key.sort}`, () => this.#records.get(key));
  }

  put(key: RecordKey, record: NewRecord, expected: Expectation | null) {
    if (Buffer.byteLength(record.text) > 2 * maxRecordBytes)
      throw new AgentStoreError('TOO_LARGE', 'The record is too large.');
    return this.#send(`put ${key.sort}`, async () => {
      const result = await this.#records.put(key, record, expected);
      if (result.written) this.names.add(key.sort);
      return result;
    });
  }

  delete(key: RecordKey, expected: Expectation | null) {
    return this.#send(`delete ${key.sort}`, async () => {
      const result = await this.#records.delete(key, expected);
      if (result.written) this.names.delete(key.sort);
      return result;
    });
  }
}

/** A state that takes as many records as is asked for. */
function createLarge(turn: number, records: number) {
  return createState(turn, { metadata: { text: `${turn % 10}é🙂`.repeat(30 * records) } });
}

async function outcomeOf<T>(call: Promise<T>): Promise<T | string> {
  try {
    return await call;
  } catch (error) {
    if (isAgentStoreError(error)) return error.code;
    throw error;
  }
}

describe('what is spread over several records', () => {
  const action = fc.record({
    kind: fc.constantFrom('turn', 'turn', 'turn', 'read', 'delete', 'update'),
    records: fc.nat(3),
  });

  it('is one that somebody has saved, whoever writes, reads, deletes and fails in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(action, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 3 }),
        fc.infiniteStream(fc.constantFrom('none', 'none', 'none', 'none', 'none', 'none', 'fail', 'lose')),
        fc.scheduler(),
        async (programs, faults, scheduler) => {
          let areFaultsOn = true;
          const records = new SmallRecords(async (name, call) => {
            await scheduler.schedule(Promise.resolve(), name);
            const fault = areFaultsOn ? faults.next().value : 'none';
            if (fault === 'fail') throw new Error('The request failed.');
            const result = await call();
            if (fault === 'lose') throw new Error('The answer was lost.');
            return result;
          });
          const open = () => createAgentStore(records, { agentId: 'a' });
          let turn = 0;
          const tried = new Map<number, unknown>();
          const expectKnown = (state: unknown) => {
            if (state === null || typeof state === 'string') return;
            expect(state).toEqual(tried.get(Number(Reflect.get(Object(state), 'turnCount'))));
          };
          const create = (size: number) => {
            const state = createLarge(++turn, size);
            tried.set(turn, state);
            return state;
          };
          const run = async (
            store: AgentStore,
            { kind, records: size }: { kind: string; records: number },
          ) => {
            if (kind === 'read') {
              const seen = await outcomeOf(store.peek('s'));
              expect(seen).not.toBe('CORRUPTED');
              expectKnown(seen);
            }
            if (kind === 'delete') await outcomeOf(store.delete('s'));
            if (kind === 'update') await outcomeOf(store.update('s', () => create(size)));
            if (kind !== 'turn') return;
            const loaded = await outcomeOf(store.load('s'));
            expect(loaded).not.toBe('CORRUPTED');
            expectKnown(loaded);
            await outcomeOf(store.save('s', create(size)));
          };
          const running = Promise.all(
            programs.map(async (program) => {
              const store = open();
              for (const step of program) await run(store, step);
            }),
          );
          await scheduler.waitFor(running);
          areFaultsOn = false;
          const finish = async () => {
            const store = open();
            expectKnown(await store.load('s'));
            await store.save('s', create(2));
            expect(await open().load('s')).toEqual(tried.get(turn));
            await store.delete('s');
            expect(await open().load('s')).toBe(null);
          };
          await scheduler.waitFor(finish());
        },
      ),
      runs(),
    );
  });

  it('is read anew by whoever has seen what is being replaced', async () => {
    let beforePart: (() => Promise<void>) | undefined;
    const records = new SmallRecords(async (name, call) => {
      const between = name.startsWith('get part#') ? beforePart : undefined;
      if (between !== undefined) beforePart = undefined;
      await between?.();
      return call();
    });
    const writer = createAgentStore(records, { agentId: 'a' });
    await writer.save('s', createLarge(1, 3));
    beforePart = async () => {
      await writer.save('s', createLarge(2, 3));
      await writer.save('s', createLarge(3, 3));
    };
    expect(await createAgentStore(records, { agentId: 'a' }).load('s')).toEqual(createLarge(3, 3));
    let turn = 3;
    const replaceAgain = async () => {
      beforePart = replaceAgain;
      await writer.save('s', createLarge(++turn, 3));
      await writer.save('s', createLarge(++turn, 3));
    };
    beforePart = replaceAgain;
    const hopeless = createAgentStore(records, { agentId: 'a' });
    await expect(hopeless.load('s')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    beforePart = undefined;
  });

  it('leaves nothing behind when it is replaced and removed', async () => {
    const records = new SmallRecords((_, call) => call());
    const [ours, theirs] = [
      createAgentStore(records, { agentId: 'a' }),
      createAgentStore(records, { agentId: 'a' }),
    ];
    for (const size of [3, 1, 0, 2, 3]) await ours.save('s', createLarge(1, size));
    await theirs.load('s');
    await ours.save('s', createLarge(2, 2));
    await expect(theirs.save('s', createLarge(3, 3))).rejects.toMatchObject({ code: 'CONFLICT' });
    await ours.save('s', createLarge(4, 0));
    await ours.save('s', createLarge(5, 0));
    expect([...records.names]).toEqual(['context#s']);
    await ours.save('s', createLarge(6, 3));
    await theirs.delete('s');
    expect([...records.names]).toEqual([]);
  });

  it('is removed to its end by whoever loads it, when a deletion was cut off', async () => {
    for (let requests = 1; ; requests++) {
      let left = Number.POSITIVE_INFINITY;
      const records = new SmallRecords((_, call) => {
        if (left-- <= 0) throw new Error('The process was killed.');
        return call();
      });
      const store = createAgentStore(records, { agentId: 'a' });
      await store.save('s', createLarge(1, 3));
      left = requests;
      const outcome = await outcomeOf(store.delete('s'));
      left = Number.POSITIVE_INFINITY;
      const loaded = await createAgentStore(records, { agentId: 'a' }).load('s');
      expect(loaded).toEqual(requests < 2 ? createLarge(1, 3) : null);
      if (loaded === null) expect([...records.names]).toEqual([]);
      if (outcome === undefined) break;
    }
  });

  it('is corrupted when a part is missing, changed or another one', async () => {
    const records = new InMemoryRecordStore();
    const small: RecordStore = {
      maxRecordBytes,
      get: (key) => records.get(key),
      put: (key, record, expected) => {
        if (Buffer.byteLength(record.text) > 2 * maxRecordBytes)
          throw new AgentStoreError('TOO_LARGE', 'The record is too large.');
        names.push(key.sort);
        return records.put(key, record, expected);
      },
      delete: (key, expected) => records.delete(key, expected),
    };
    const names: string[] = [];
    const open = () => createAgentStore(small, { agentId: 'a' });
    const spoil: ((key: RecordKey) => Promise<unknown>)[] = [
      (key) => records.delete(key, null),
      (key) =>
        records.put(key, { revision: 'x', updatedAt: 0, entityType: '', data: 'other', text: '' }, null),
      (key) => records.put(key, { revision: 'x', updatedAt: 0, entityType: '', data: {}, text: '' }, null),
    ];
    for (const change of spoil) {
      names.length = 0;
      const store = open();
      await store.save('s', createLarge(1, 2));
      await change({ partition: 'agent#a', sort: names.find((name) => name.startsWith('part#')) ?? '' });
      await expect(open().load('s')).rejects.toMatchObject({ code: 'CORRUPTED' });
      await store.delete('s');
      await expect(open().load('s')).resolves.toBe(null);
    }
  });

  it('keeps the names of other sessions out of its own', async () => {
    const store = createAgentStore(new InMemoryRecordStore(), { agentId: 'a', contextKeyPrefix: '' });
    await expect(store.load('part#x')).rejects.toMatchObject({ code: 'INVALID_KEY' });
    const options = { agentId: 'a', contextKeyPrefix: 'part#' };
    expect(() => createAgentStore(new InMemoryRecordStore(), options)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION' }),
    );
  });
});
