import type { AgentState } from '../../domain/agent-state.js';
import type { AgentStore } from '../../domain/agent-store.js';
import type { AgentStoreOptions } from '../../domain/agent-store-options.js';
import { createAgentStore } from '../superjson/create-agent-store.js';
import { InMemoryRecordStore } from './in-memory-record-store.js';

/**
 * What an `InMemoryAgentStore` takes. `agentId` is required.
 *
 * @example
 * const options: InMemoryAgentStoreOptions = { agentId: 'support', now: () => 0 };
 */
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
  readonly #store: AgentStore;

  constructor(options: InMemoryAgentStoreOptions) {
    this.#store = createAgentStore(options.records ?? new InMemoryRecordStore(), options);
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
