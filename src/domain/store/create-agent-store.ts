import type { RecordIndex } from '../record-index.js';
import type { RecordStore } from '../record-store.js';
import {
  type AgentStoreOptions,
  agentStoreOptionNames,
  resolveAgentStoreOptions,
} from './agent-store-options.js';
import { PersistentAgentStore } from './persistent-agent-store.js';

/**
 * Makes a store of a `RecordStore`: all that a backend of your own needs besides that. To list sessions, it needs the method of a
 * `RecordIndex` as well.
 *
 * @example
 * const agentStore = createAgentStore(new FileRecordStore('sessions'), { agentId: 'support' });
 *
 * @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work.
 */
export function createAgentStore(
  records: RecordStore & Partial<RecordIndex>,
  options: AgentStoreOptions,
): PersistentAgentStore {
  return new PersistentAgentStore(resolveAgentStoreOptions(options, agentStoreOptionNames), records);
}
