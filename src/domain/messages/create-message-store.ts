import type { RecordIndex } from '../record-index.js';
import type { RecordStore } from '../record-store.js';
import {
  type MessageStoreOptions,
  messageStoreOptionNames,
  resolveMessageStoreOptions,
} from './message-store-options.js';
import { PersistentMessageStore } from './persistent-message-store.js';

/**
 * A message store over whatever keeps its records: what a backend of one's own needs besides its `RecordStore`.
 *
 * @example
 * const messageStore = createMessageStore(new FileRecordStore('sessions'), { agentId: 'support' });
 *
 * @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work.
 */
export function createMessageStore(
  records: RecordStore & Partial<RecordIndex>,
  options: MessageStoreOptions,
): PersistentMessageStore {
  return new PersistentMessageStore(resolveMessageStoreOptions(options, messageStoreOptionNames), records);
}
