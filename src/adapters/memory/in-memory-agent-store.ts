import type { OptionNames } from '../../domain/options.js';
import {
  type AgentStoreOptions,
  agentStoreOptionNames,
  resolveAgentStoreOptions,
} from '../../domain/store/agent-store-options.js';
import { PersistentAgentStore } from '../../domain/store/persistent-agent-store.js';
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

const optionNames: OptionNames<InMemoryAgentStoreOptions> = { ...agentStoreOptionNames, records: true };

/**
 * Keeps sessions in this process, under the same promises as every other store; for tests and for trying things out.
 *
 * @example
 * const agentStore = new InMemoryAgentStore({ agentId: 'support' });
 */
export class InMemoryAgentStore extends PersistentAgentStore {
  /** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
  constructor(options: InMemoryAgentStoreOptions) {
    super(resolveAgentStoreOptions(options, optionNames), options.records ?? new InMemoryRecordStore());
  }
}
