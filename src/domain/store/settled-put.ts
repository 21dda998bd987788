import { isAgentStoreError } from '../errors.js';
import type { RecordKey } from '../key-schema.js';
import type { Expectation, NewRecord, RecordStore, StoredRecord } from '../record-store.js';

/** How often a request is sent again that nobody has answered. */
const maxRepeats = 4;

/**
 * Writes a record under an expectation, again if nobody answers, until it is known what became of it: `'written'`, or what is stored
 * in its place, if it was refused.
 *
 * @throws AgentStoreError `UNAVAILABLE` if that stays unknown.
 */
export async function putSettled(
  { records }: { readonly records: RecordStore },
  key: RecordKey,
  record: NewRecord,
  expected: Expectation | null,
): Promise<'written' | StoredRecord | null> {
  for (let repeats = 0; ; repeats++) {
    try {
      const result = await records.put(key, record, expected);
      if (result.written) return 'written';
      const current = result.current ?? (await records.get(key, true));
      return current?.revision === record.revision ? 'written' : current;
    } catch (error) {
      if (!isUnknown(error) || repeats === maxRepeats) throw error;
      await pause(repeats);
    }
  }
}

/** True for an error after which a write may or may not have taken effect. */
export function isUnknown(error: unknown): boolean {
  return !isAgentStoreError(error) || error.code === 'UNAVAILABLE';
}

/** Longer from time to time, and never the same for two that meet. */
export async function pause(tries: number): Promise<void> {
  const longest = Math.min(8 * 2 ** tries, 400);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
}
