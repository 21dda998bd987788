import type { RecordIndex } from '../record-index.js';
import type { RecordStore } from '../record-store.js';
import { PersistentTurnStore } from './persistent-turn-store.js';
import {
  resolveTurnStoreOptions,
  type TurnStoreOptions,
  turnStoreOptionNames,
} from './turn-store-options.js';

/**
 * A turn store over whatever keeps its records: what a backend of one's own needs besides its `RecordStore`. To list the running
 * turns, it needs the method of a `RecordIndex` as well.
 *
 * @example
 * const turnStore = createTurnStore(new FileRecordStore('sessions'), { agentId: 'support' });
 *
 * @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work.
 */
export function createTurnStore(
  records: RecordStore & Partial<RecordIndex>,
  options: TurnStoreOptions,
): PersistentTurnStore {
  return new PersistentTurnStore(resolveTurnStoreOptions(options, turnStoreOptionNames), records);
}
