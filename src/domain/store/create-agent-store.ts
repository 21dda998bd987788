import type { AgentStore } from '../agent-store.js';
import type { RecordStore } from '../record-store.js';
import {
  type AgentStoreOptions,
  agentStoreOptionNames,
  resolveAgentStoreOptions,
} from './agent-store-options.js';
import { PersistentAgentStore } from './persistent-agent-store.js';

/**
 * A store over whatever keeps its records: what a backend of one's own needs besides its `RecordStore`.
 *
 * @example
 * const agentStore = createAgentStore(new FileRecordStore('sessions'), { agentId: 'support' });
 *
 * @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work.
 */
export function createAgentStore(records: RecordStore, options: AgentStoreOptions): AgentStore {
  return new PersistentAgentStore(resolveAgentStoreOptions(options, agentStoreOptionNames), records);
}
