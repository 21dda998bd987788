import { AgentStoreError } from './errors.js';
import type { RecordIndex } from './record-index.js';
import type { RecordStore } from './record-store.js';

/** Records that may be listed: only some backends can. */
export type ListableRecords = RecordStore & Partial<RecordIndex>;

/** So many keys are asked for at once: in Redis, each page looks at every key of the server. */
const pageSize = 10_000;

/** So many of them are worked on side by side. */
const batchSize = 100;

/** @throws AgentStoreError `CONFIGURATION` if the backend cannot list its records. */
export function requireIndex(records: ListableRecords): RecordIndex {
  const { keys } = records;
  if (keys !== undefined) return { keys: keys.bind(records) };
  throw new AgentStoreError('CONFIGURATION', 'The backend cannot list its records: it has no method "keys".');
}

/** All sort keys of a partition that begin with a prefix, some at a time. @throws AgentStoreError `CONFIGURATION` as above. */
export async function* listKeys(
  records: ListableRecords,
  partition: string,
  prefix: string,
): AsyncGenerator<readonly string[]> {
  const index = requireIndex(records);
  let after: string | undefined;
  do {
    const page = await index.keys(partition, { prefix, after, limit: pageSize });
    for (let start = 0; start < page.keys.length; start += batchSize)
      yield page.keys.slice(start, start + batchSize);
    after = page.next;
  } while (after !== undefined);
}
