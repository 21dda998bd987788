import type { PersistentMessageStore } from '../../domain/messages/persistent-message-store.js';
import type { PersistentAgentStore } from '../../domain/store/persistent-agent-store.js';
import type { PersistentTurnStore } from '../../domain/turns/persistent-turn-store.js';

/** The three stores of one agent on one backend. */
export interface OpenStores {
  readonly agentId: string;
  readonly agentStore: PersistentAgentStore;
  readonly messageStore: PersistentMessageStore;
  readonly turnStore: PersistentTurnStore;
  /** Where they are, without any password. */
  readonly description: string;
  close(): Promise<void>;
}
