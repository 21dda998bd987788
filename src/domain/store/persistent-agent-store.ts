import type { RecordStore } from '../record-store.js';
import type { AgentStoreSettings } from './agent-store-options.js';
import { StoreCore } from './store-core.js';
import { StoreHolder } from './store-holder.js';

/** A store over whatever keeps its records. Every store is one of these over a `RecordStore`. */
export class PersistentAgentStore extends StoreHolder {
  constructor(settings: AgentStoreSettings, records: RecordStore) {
    super(new StoreCore(settings, records), true);
  }
}
