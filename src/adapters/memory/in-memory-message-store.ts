import {
  type MessageStoreOptions,
  messageStoreOptionNames,
  resolveMessageStoreOptions,
} from '../../domain/messages/message-store-options.js';
import { PersistentMessageStore } from '../../domain/messages/persistent-message-store.js';
import type { OptionNames } from '../../domain/options.js';
import { InMemoryRecordStore } from './in-memory-record-store.js';

/**
 * What an `InMemoryMessageStore` takes. `agentId` is required.
 *
 * @example
 * const options: InMemoryMessageStoreOptions = { agentId: 'support', heal: 'answer' };
 */
export interface InMemoryMessageStoreOptions extends MessageStoreOptions {
  /** Where the records are; stores that are given the same share a table. @defaultValue one of its own */
  readonly records?: InMemoryRecordStore;
}

const optionNames: OptionNames<InMemoryMessageStoreOptions> = { ...messageStoreOptionNames, records: true };

/**
 * Keeps conversations in this process, under the same promises as every other message store; for tests and for trying things out.
 *
 * @example
 * const messageStore = new InMemoryMessageStore({ agentId: 'support' });
 */
export class InMemoryMessageStore extends PersistentMessageStore {
  /** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
  constructor(options: InMemoryMessageStoreOptions) {
    super(resolveMessageStoreOptions(options, optionNames), options.records ?? new InMemoryRecordStore());
  }
}
