import type { AgentScope } from '../agent-scope.js';
import type { RecordStore } from '../record-store.js';
import type { AgentStoreSettings } from './agent-store-options.js';
import { CallQueue } from './call-queue.js';
import type { ContextMemory } from './context-memory.js';

/** What all holders of one store share. */
export interface StoreCore {
  readonly settings: AgentStoreSettings;
  readonly records: RecordStore;
  /** The calls for each session, in the order in which they were made. */
  readonly calls: CallQueue;
  /** The updates of each session, each of which may be several calls. */
  readonly updates: CallQueue;
  /** What each agent that runs in a scope of its own has seen. */
  readonly seenInScopes: WeakMap<AgentScope, ContextMemory>;
  isClosed: boolean;
}

export function createCore(settings: AgentStoreSettings, records: RecordStore): StoreCore {
  return {
    settings,
    records,
    calls: new CallQueue(),
    updates: new CallQueue(),
    seenInScopes: new WeakMap(),
    isClosed: false,
  };
}
