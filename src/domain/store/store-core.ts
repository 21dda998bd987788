import type { AgentScope } from '../agent-scope.js';
import type { ListableRecords } from '../list-keys.js';
import type { AgentStoreSettings } from './agent-store-options.js';
import { CallQueue } from './call-queue.js';
import type { ContextMemory } from './context-memory.js';

/** What all holders of one store share. */
export class StoreCore {
  /** The calls for each session, in the order in which they were made. */
  readonly calls = new CallQueue();
  /** The updates of each session, each of which may be several calls. */
  readonly updates = new CallQueue();
  /** What each agent that runs in a scope of its own has seen. */
  readonly seenInScopes = new WeakMap<AgentScope, ContextMemory>();
  isClosed = false;

  constructor(
    readonly settings: AgentStoreSettings,
    readonly records: ListableRecords,
  ) {}
}
