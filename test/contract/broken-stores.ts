import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import type { AgentState } from '../../src/domain/agent-state.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import { defaultSerializer } from '../../src/domain/default-serializer.js';
import { isAgentStoreError } from '../../src/domain/errors.js';
import type { KeySchema, RecordKey } from '../../src/domain/key-schema.js';
import type { Expectation, NewRecord, RecordStore } from '../../src/domain/record-store.js';
import type { StateSerializer } from '../../src/domain/state-serializer.js';
import { createAgentStore } from '../../src/domain/store/create-agent-store.js';
import { isRecord } from '../../src/domain/values/objects.js';
import { fromStateText, toStateText } from '../../src/domain/values/text.js';
import { type ContractBackend, type ContractStoreOptions, Faults } from '../../src/testing/index.js';
import { encode } from '../superjson/encode.js';

/** A store with one defect, of a kind that real ones have had, and the case of the contract that must find it. */
export interface BrokenStore {
  readonly defect: string;
  readonly foundBy: string;
  readonly createBackend: () => ContractBackend;
}

type Open = (options: ContractStoreOptions, records: RecordStore) => AgentStore;

export const brokenStores: readonly BrokenStore[] = [
  broken('aliases objects', 'shares nothing with what was saved or loaded', (options, records) => {
    const store = createAgentStore(records, options);
    const saved = new Map<string, AgentState>();
    return change(store, {
      save: async (contextId, state) => {
        await store.save(contextId, state);
        saved.set(contextId, state);
      },
      load: async (contextId) => {
        const loaded = await store.load(contextId);
        return saved.get(contextId) ?? loaded;
      },
    });
  }),

  broken(
    'ignores prefixes',
    'hides the same ids behind another prefix, and shows them again',
    ({ agentKeyPrefix: _, contextKeyPrefix: __, ...options }, records) => createAgentStore(records, options),
  ),

  broken(
    'joins keys without escaping',
    'keeps every pair of agent and context apart',
    ({ agentKeyPrefix, contextKeyPrefix, ...options }, records) => {
      const keySchema: KeySchema = {
        key: ({ agentId, contextId }) => ({
          partition: `${agentKeyPrefix ?? 'agent#'}${agentId}:${contextKeyPrefix ?? 'context#'}${contextId}`,
          sort: 'state',
        }),
      };
      return createAgentStore(records, { ...options, keySchema });
    },
  ),

  broken('loses rich types', 'keeps dates, maps, sets, bigints, URLs and binary data', (options, records) => {
    const serializer: StateSerializer = {
      serialize: (state) =>
        JSON.parse(JSON.stringify(state, (_, value) => (typeof value === 'bigint' ? 0 : value))),
      deserialize: (data, ids) => defaultSerializer.deserialize(data, ids),
    };
    return createAgentStore(records, { ...options, serializer });
  }),

  broken(
    'forgets the class of an error',
    'keeps errors of any class: as the built-in one, or as an Error with their name',
    (options, records) =>
      createAgentStore(records, { ...options, serializer: replacing('"AggregateError"', '"Error"') }),
  ),

  broken(
    'forgets the flags of a pattern',
    'keeps regular expressions, with their flags and where they go on',
    (options, records) => createAgentStore(records, { ...options, serializer: replacing('/giu"', '/g"') }),
  ),

  broken(
    'knows no class of another realm',
    'keeps the values of another realm as those of this one',
    (options, records) => {
      const serializer: StateSerializer = {
        copiesState: true,
        serialize: (state, ids) => {
          const createdAt = state.createdAt instanceof Date ? state.createdAt : new Date(0);
          return defaultSerializer.serialize({ ...state, createdAt }, ids);
        },
        deserialize: (data, ids) => defaultSerializer.deserialize(data, ids),
      };
      return createAgentStore(records, { ...options, serializer });
    },
  ),

  broken('drops undefined from lists', 'keeps undefined, in lists as in objects', (options, records) => {
    const serializer: StateSerializer = {
      serialize: (state) => encode(withoutUndefined(state)),
      deserialize: (data, ids) => defaultSerializer.deserialize(data, ids),
    };
    return createAgentStore(records, { ...options, serializer });
  }),

  broken(
    'ignores the revision',
    'refuses to save over what somebody else has saved since',
    (options, records) =>
      createAgentStore(
        changeRecords(records, {
          put: async (key, record, expected) => {
            const current = await records.get(key);
            const revisions = current === null ? [] : [current.revision];
            const ignored =
              expected?.revisions.length === 0 ? expected : expected && { ...expected, revisions };
            return records.put(key, record, ignored);
          },
        }),
        options,
      ),
  ),

  broken(
    'creates over what it never loaded',
    'refuses to create over a state that it never loaded',
    (options, records) =>
      createAgentStore(
        changeRecords(records, {
          put: (key, record, expected) => records.put(key, record, expected?.absent ? null : expected),
        }),
        options,
      ),
  ),

  broken(
    'returns expired states',
    'keeps a state until it expires, and not for a moment longer',
    (options, records) =>
      createAgentStore(
        changeRecords(records, {
          get: async (key) => {
            const record = await records.get(key);
            return record && { revision: record.revision, read: (maxBytes) => record.read(maxBytes) };
          },
        }),
        options,
      ),
  ),

  broken(
    'lets created overwrite',
    'does not let the state of a starting agent replace a stored one',
    (options, records) => {
      const store = createAgentStore(records, options);
      const careless = createAgentStore(records, { ...options, concurrency: 'last-write-wins' });
      return change(store, {
        save: (contextId, state) =>
          state.status === 'created'
            ? careless.save(contextId, { ...state, status: 'idle' })
            : store.save(contextId, state),
      });
    },
  ),

  broken(
    'saves after its own delete',
    'refuses the late save of a session it has deleted itself',
    (options, records) => {
      const store = createAgentStore(records, options);
      return change(store, {
        delete: async (contextId) => {
          await store.delete(contextId);
          await store.load(contextId);
        },
      });
    },
  ),

  broken(
    'saves an error state after a failed load',
    'refuses the error state that an agent saves after a failed load',
    (options, records) => {
      const store = createAgentStore(records, options);
      return change(store, {
        load: async (contextId) => {
          try {
            return await store.load(contextId);
          } catch (error) {
            await store.load(contextId);
            throw error;
          }
        },
      });
    },
  ),

  broken(
    'shares one memory between its holders',
    'refuses the save of a holder that has not seen what another one of the same store has saved',
    (options, records) => {
      const store = createAgentStore(records, options);
      return change(store, { holder: () => change(store, { close: async () => {} }) });
    },
  ),

  broken(
    'closes with one of its holders',
    'closes a holder alone, and each with its store',
    (options, records) => {
      const store = createAgentStore(records, options);
      return change(store, { holder: () => change(store.holder(), { close: () => store.close() }) });
    },
  ),

  broken(
    'updates by a load and a save that nobody may come between',
    'loses no update of many at once, on one store and on several',
    (options, records) => {
      const store = createAgentStore(records, { ...options, concurrency: 'last-write-wins' });
      return change(store, {
        update: async (contextId, apply) => {
          const state = await apply(await store.load(contextId));
          if (state) await store.save(contextId, state);
          return state ?? null;
        },
      });
    },
  ),

  broken(
    'keeps nothing of what a record went through',
    'takes a save for the success it was, although rivals have saved on top before it was sent again',
    (options, records) =>
      createAgentStore(
        changeRecords(records, {
          put: (key, { lineage: _, ...record }, expected) => records.put(key, record, expected),
        }),
        options,
      ),
  ),

  broken(
    'removes whatever is stored, whoever has made it',
    'removes no session that somebody has made since, when a deletion is sent again',
    (options, records) =>
      createAgentStore(changeRecords(records, { delete: (key) => records.delete(key, null) }), options),
  ),

  broken(
    'reads whatever is stored, however large',
    'reads no state beyond its limit, however small it is stored, and replaces none',
    (options, records) =>
      createAgentStore(
        changeRecords(records, {
          get: async (key) => {
            const record = await records.get(key);
            return record && { ...record, read: () => record.read(Number.POSITIVE_INFINITY) };
          },
        }),
        options,
      ),
  ),

  broken(
    'swallows errors',
    'reports every failure with a code, the call, the ids and the cause',
    (options, records) => {
      const store = createAgentStore(records, options);
      return change(store, { load: (contextId) => store.load(contextId).catch(() => null) });
    },
  ),

  broken(
    'deletes what it cannot read',
    'never saves over a value that cannot be read',
    (options, records) => {
      const store = createAgentStore(records, options);
      return change(store, {
        load: async (contextId) => {
          try {
            return await store.load(contextId);
          } catch (error) {
            if (isAgentStoreError(error, 'CORRUPTED')) await store.delete(contextId);
            throw error;
          }
        },
      });
    },
  ),

  broken(
    'reorders saves',
    'takes calls for one session in the order in which they were made',
    (options, records) => {
      const store = createAgentStore(records, options);
      const waiting: (() => void)[] = [];
      return change(store, {
        save: async (contextId, state) => {
          const copy = structuredClone(state);
          await new Promise<void>((resolve) => {
            waiting.push(resolve);
            queueMicrotask(() => waiting.pop()?.());
          });
          await store.save(contextId, copy);
        },
      });
    },
  ),

  broken('lets peek count as a load', 'does not count a peek as a load', (options, records) => {
    const store = createAgentStore(records, options);
    return change(store, { peek: (contextId) => store.load(contextId) });
  }),
];

function broken(defect: string, foundBy: string, open: Open): BrokenStore {
  return { defect, foundBy, createBackend: () => createBackend(open) };
}

function createBackend(open: Open): ContractBackend {
  const faults = new Faults();
  const inMemory = new InMemoryRecordStore();
  const records: RecordStore = {
    get: (key) => faults.run(() => inMemory.get(key)),
    put: (key, record, expected) => faults.run(() => inMemory.put(key, record, expected)),
    delete: (key, expected) => faults.run(() => inMemory.delete(key, expected)),
  };
  return {
    faults,
    open: (options) => open(options, records),
    corrupt: async ({ agentId, contextId }) => {
      const key = { partition: `agent#${agentId}`, sort: `context#${contextId}` };
      await inMemory.put(
        key,
        { revision: 'unreadable', updatedAt: 0, entityType: '', data: null, text: '{' },
        null,
      );
    },
    dispose: async () => undefined,
  };
}

function change(store: AgentStore, changes: Partial<AgentStore>): AgentStore {
  return {
    load: (contextId) => store.load(contextId),
    save: (contextId, state) => store.save(contextId, state),
    delete: (contextId) => store.delete(contextId),
    peek: (contextId) => store.peek(contextId),
    update: (contextId, change) => store.update(contextId, change),
    holder: () => store.holder(),
    close: () => store.close(),
    ...changes,
  };
}

function changeRecords(records: RecordStore, changes: Partial<RecordStore>): RecordStore {
  return {
    get: (key: RecordKey) => records.get(key),
    put: (key: RecordKey, record: NewRecord, expected: Expectation | null) =>
      records.put(key, record, expected),
    delete: (key: RecordKey, expected: Expectation | null) => records.delete(key, expected),
    ...changes,
  };
}

/** The default serializer, but for one word in what it makes. */
function replacing(word: string, by: string): StateSerializer {
  return {
    copiesState: true,
    serialize: async (state, ids) =>
      fromStateText(String(toStateText(await defaultSerializer.serialize(state, ids))).replaceAll(word, by)),
    deserialize: (data, ids) => defaultSerializer.deserialize(data, ids),
  };
}

function withoutUndefined<T>(value: T): T {
  if (Array.isArray(value)) return value.filter((item) => item !== undefined).map(withoutUndefined) as T;
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutUndefined(item)])) as T;
}
