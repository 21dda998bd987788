import type { AgentState } from '../../domain/agent-state.js';
import type { AgentStore } from '../../domain/agent-store.js';
import { type AgentStoreOptions, resolveAgentStoreOptions } from '../../domain/agent-store-options.js';
import { PersistentAgentStore } from '../../domain/persistent-agent-store.js';
import { superjsonSerializer } from '../superjson/superjson-serializer.js';
import { InMemoryRecordStore } from './in-memory-record-store.js';

export interface InMemoryAgentStoreOptions extends AgentStoreOptions {
  /** Where the records are; stores that are given the same share a table. @defaultValue one of its own */
  readonly records?: InMemoryRecordStore;
}

/**
 * Keeps sessions in this process, under the same promises as every other store; for tests and for trying things out.
 *
 * @example
 * const agentStore = new InMemoryAgentStore({ agentId: 'support' });
 *
 * @throws AgentStoreError `CONFIGURATION` where the options cannot work.
 */
export class InMemoryAgentStore implements AgentStore {
  readonly #store: PersistentAgentStore;

  constructor(options: InMemoryAgentStoreOptions) {
    const settings = resolveAgentStoreOptions(options, superjsonSerializer);
    this.#store = new PersistentAgentStore(settings, options.records ?? new InMemoryRecordStore());
  }

  load(contextId: string): Promise<AgentState | null> {
    return this.#store.load(contextId);
  }

  save(contextId: string, state: AgentState): Promise<void> {
    return this.#store.save(contextId, state);
  }

  delete(contextId: string): Promise<void> {
    return this.#store.delete(contextId);
  }

  peek(contextId: string): Promise<AgentState | null> {
    return this.#store.peek(contextId);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
