import {
  InMemoryAgentStore,
  InMemoryMessageStore,
  InMemoryRecordStore,
  InMemoryTurnStore,
} from '../../src/adapters/memory/index.js';
import { createPrefixKeySchema, type RecordKey } from '../../src/domain/key-schema.js';
import type { MessageStore } from '../../src/domain/message-store.js';
import type { KeyListOptions } from '../../src/domain/record-index.js';
import type { Expectation, NewRecord } from '../../src/domain/record-store.js';
import type { TurnStore } from '../../src/domain/turn-store.js';
import {
  type ContractBackend,
  Faults,
  type MessageContractBackend,
  type MessageContractOptions,
  type TurnContractBackend,
  type TurnContractOptions,
} from '../../src/testing/index.js';

/** Records in memory whose requests go through the faults that a case orders. */
class FaultyRecordStore extends InMemoryRecordStore {
  readonly faults = new Faults();

  override get(key: RecordKey) {
    return this.faults.run(() => super.get(key));
  }

  override put(key: RecordKey, record: NewRecord, expected: Expectation | null) {
    return this.faults.run(() => super.put(key, record, expected));
  }

  override delete(key: RecordKey, expected: Expectation | null) {
    return this.faults.run(() => super.delete(key, expected));
  }

  override keys(partition: string, options: KeyListOptions) {
    return this.faults.run(() => super.keys(partition, options));
  }
}

export function createMemoryBackend(): ContractBackend<InMemoryAgentStore> {
  const records = new FaultyRecordStore();
  return {
    faults: records.faults,
    open: (options) => new InMemoryAgentStore({ ...options, records }),
    corrupt: async (ids) => {
      const record = { revision: 'unreadable', updatedAt: 0, entityType: '', data: null, text: 'null' };
      await records.put(createPrefixKeySchema().key(ids), record, null);
    },
    dispose: async () => undefined,
  };
}

export function createMemoryMessageBackend(): MessageContractBackend {
  return createRecordsBackend((options, records) => new InMemoryMessageStore({ ...options, records }));
}

/** Message stores of any making over records in memory. */
export function createRecordsBackend(
  open: (options: MessageContractOptions, records: InMemoryRecordStore) => MessageStore,
): MessageContractBackend {
  const records = new FaultyRecordStore();
  return {
    faults: records.faults,
    open: (options) => open(options, records),
    corrupt: async (ids) => {
      const record = { revision: 'unreadable', updatedAt: 0, entityType: '', data: null, text: 'null' };
      await records.put(createPrefixKeySchema({ contextKeyPrefix: 'message#' }).key(ids), record, null);
    },
    dispose: async () => undefined,
  };
}

export function createMemoryTurnBackend(
  open: (options: TurnContractOptions, records: InMemoryRecordStore) => TurnStore = (options, records) =>
    new InMemoryTurnStore({ ...options, records }),
): TurnContractBackend {
  const records = new FaultyRecordStore();
  return {
    faults: records.faults,
    open: (options) => open(options, records),
    corrupt: async (key) => {
      const record = { revision: 'unreadable', updatedAt: 0, entityType: '', data: null, text: 'null' };
      await records.put(key, record, null);
    },
    dispose: async () => undefined,
  };
}
