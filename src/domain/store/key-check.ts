import { AgentStoreError } from '../errors.js';
import type { RecordKey } from '../key-schema.js';
import type { KeyLimits } from '../record-store.js';

/** @throws AgentStoreError `INVALID_KEY` if no backend can keep the id. */
export function checkContextId(contextId: string): void {
  if (typeof contextId !== 'string') throw invalid('The context id', 'is not a string');
  if (contextId === '') throw invalid('The context id', 'is empty');
  if (!contextId.isWellFormed()) throw invalid('The context id', 'is not well-formed Unicode');
}

/** @throws AgentStoreError `INVALID_KEY` if this backend cannot keep the key. */
export function checkKey(key: RecordKey, limits: KeyLimits | undefined): void {
  for (const part of ['partition', 'sort'] as const) {
    const value = key[part];
    if (typeof value !== 'string' || value === '' || !value.isWellFormed()) {
      throw invalid(`The ${part} key`, 'is not a well-formed string with at least one character');
    }
    const bytes = Buffer.byteLength(value);
    const limit = limits?.[part] ?? Number.POSITIVE_INFINITY;
    if (bytes > limit) throw invalid(`The ${part} key`, `has ${bytes} bytes; the limit is ${limit}`);
  }
}

/** @throws AgentStoreError `INVALID_KEY` if the key could be that of a part of a large state. */
export function requireNoPart({ sort }: RecordKey, partKeyPrefix: string): void {
  if (!sort.startsWith(partKeyPrefix)) return;
  throw invalid(
    'The sort key',
    `starts with ${JSON.stringify(partKeyPrefix)}, as those of "partKeyPrefix" do`,
  );
}

function invalid(what: string, problem: string): AgentStoreError {
  return new AgentStoreError('INVALID_KEY', `${what} ${problem}. Use another id, or another key schema.`);
}
