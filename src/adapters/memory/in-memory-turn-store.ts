import type { OptionNames } from '../../domain/options.js';
import { PersistentTurnStore } from '../../domain/turns/persistent-turn-store.js';
import {
  resolveTurnStoreOptions,
  type TurnStoreOptions,
  turnStoreOptionNames,
} from '../../domain/turns/turn-store-options.js';
import { InMemoryRecordStore } from './in-memory-record-store.js';

/**
 * What an `InMemoryTurnStore` takes. `agentId` is required.
 *
 * @example
 * const options: InMemoryTurnStoreOptions = { agentId: 'support', leaseSeconds: 30 };
 */
export interface InMemoryTurnStoreOptions extends TurnStoreOptions {
  /** Where the records are; stores that are given the same share a table. @defaultValue one of its own */
  readonly records?: InMemoryRecordStore;
}

const optionNames: OptionNames<InMemoryTurnStoreOptions> = { ...turnStoreOptionNames, records: true };

/**
 * Keeps turns in this process, under the same promises as every other turn store; for tests with several servers, which share `records`.
 *
 * @example
 * const turnStore = new InMemoryTurnStore({ agentId: 'support' });
 */
export class InMemoryTurnStore extends PersistentTurnStore {
  /** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
  constructor(options: InMemoryTurnStoreOptions) {
    super(resolveTurnStoreOptions(options, optionNames), options.records ?? new InMemoryRecordStore());
  }
}
