import { AgentStoreError } from '../errors.js';
import { inside } from '../inside.js';
import { requireIndex } from '../list-keys.js';
import type { MessageCore } from '../messages/message-core.js';
import type { PersistentMessageStore } from '../messages/persistent-message-store.js';
import { invalidOption } from '../options.js';
import type { PersistentAgentStore } from '../store/persistent-agent-store.js';
import type { StoreCore } from '../store/store-core.js';
import type { PersistentTurnStore } from '../turns/persistent-turn-store.js';
import type { TurnCore } from '../turns/turn-core.js';

/**
 * All that keeps the sessions of an agent: three stores of one backend, with the `agentId`, the prefixes and the key schemas that the
 * agents use.
 *
 * @example
 * const options = { agentId: 'support', tableName: 'agent-state', documentClient };
 * const stores: SessionStores = {
 *   agentStore: new DynamoDBAgentStore(options),
 *   messageStore: new DynamoDBMessageStore(options),
 *   turnStore: new DynamoDBTurnStore(options),
 * };
 */
export interface SessionStores {
  readonly agentStore: PersistentAgentStore;
  readonly messageStore: PersistentMessageStore;
  readonly turnStore: PersistentTurnStore;
}

/** What the stores are made of. */
export interface SessionCores {
  readonly agentId: string;
  readonly states: StoreCore;
  readonly messages: MessageCore;
  readonly turns: TurnCore;
}

/**
 * @throws AgentStoreError `CONFIGURATION` if one of them is no store of this package, is another agent's, or cannot list its records.
 */
export function openSessions({ agentStore, messageStore, turnStore }: SessionStores): SessionCores {
  const cores = {
    states: requireCore('agentStore', agentStore)[inside],
    messages: requireCore('messageStore', messageStore)[inside],
    turns: requireCore('turnStore', turnStore)[inside],
  };
  const { agentId } = cores.states.settings;
  for (const { settings, records } of Object.values(cores)) {
    if (settings.agentId !== agentId)
      throw new AgentStoreError(
        'CONFIGURATION',
        'The stores are of different agents. Give all of them one "agentId".',
      );
    requireIndex(records);
  }
  return { agentId, ...cores };
}

function requireCore<Store extends object>(option: string, store: Store): Store {
  if (inside in Object(store)) return store;
  throw invalidOption(option, 'must be a store of this package, or made by one of its functions');
}
