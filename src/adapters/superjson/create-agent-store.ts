import type { AgentStore } from '../../domain/agent-store.js';
import { type AgentStoreOptions, resolveAgentStoreOptions } from '../../domain/agent-store-options.js';
import { PersistentAgentStore } from '../../domain/persistent-agent-store.js';
import type { RecordStore } from '../../domain/record-store.js';
import { superjsonSerializer } from './superjson-serializer.js';

/**
 * A store over whatever keeps its records: what a backend of one's own needs besides its `RecordStore`.
 *
 * @throws AgentStoreError `CONFIGURATION`, naming the option, where the options cannot work.
 */
export function createAgentStore(records: RecordStore, options: AgentStoreOptions): AgentStore {
  return new PersistentAgentStore(resolveAgentStoreOptions(options, superjsonSerializer), records);
}
