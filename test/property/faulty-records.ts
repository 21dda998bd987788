import type { RecordKey } from '../../src/domain/key-schema.js';
import type { Expectation, NewRecord, RecordStore } from '../../src/domain/record-store.js';
import type { Faults } from '../../src/testing/index.js';

/** Records whose requests go through the faults that a test orders. */
export class FaultyRecords implements RecordStore {
  readonly keyLimits;
  readonly maxRecordBytes;
  readonly isLocal;
  readonly keepsText;
  readonly #records: RecordStore;
  readonly #faults: Pick<Faults, 'run'>;

  constructor(records: RecordStore, faults: Pick<Faults, 'run'>) {
    this.#records = records;
    this.#faults = faults;
    this.keyLimits = records.keyLimits;
    this.maxRecordBytes = records.maxRecordBytes;
    this.isLocal = records.isLocal;
    this.keepsText = records.keepsText;
  }

  get(key: RecordKey, isFresh?: boolean) {
    return this.#faults.run(() => this.#records.get(key, isFresh));
  }

  put(key: RecordKey, record: NewRecord, expected: Expectation | null) {
    return this.#faults.run(() => this.#records.put(key, record, expected));
  }

  delete(key: RecordKey, expected: Expectation | null) {
    return this.#faults.run(() => this.#records.delete(key, expected));
  }
}
