import { isAgentStoreError } from '../errors.js';
import type { RecordKey } from '../key-schema.js';
import type { RecordStore, StoredRecord } from '../record-store.js';

/** What is under a key as it is now, also if the backend itself cannot read it, or `null`. */
export async function findRecord(records: RecordStore, key: RecordKey): Promise<StoredRecord | null> {
  try {
    return await records.get(key, true);
  } catch (error) {
    if (!isAgentStoreError(error, 'CORRUPTED')) throw error;
    return { revision: '', read: () => Promise.reject(error) };
  }
}
