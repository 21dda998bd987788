import type { MessageStoreOptions } from '../../domain/messages/message-store-options.js';
import type { AgentStoreOptions } from '../../domain/store/agent-store-options.js';
import type { TurnStoreOptions } from '../../domain/turns/turn-store-options.js';
import type { StoreUrl } from './store-url.js';

/** What a URL says, as the options of each store: none of them takes an option of another one. */
export function toStoreOptions({
  agentId,
  prefixes,
  ttlSeconds,
  messageTtlSeconds,
  maxStateBytes,
}: StoreUrl): { agent: AgentStoreOptions; messages: MessageStoreOptions; turns: TurnStoreOptions } {
  const { agentKeyPrefix, contextKeyPrefix, partKeyPrefix, messageKeyPrefix } = prefixes;
  const shared = {
    agentId,
    ...(agentKeyPrefix !== undefined && { agentKeyPrefix }),
    ...(contextKeyPrefix !== undefined && { contextKeyPrefix }),
    ...(partKeyPrefix !== undefined && { partKeyPrefix }),
  };
  return {
    agent: {
      ...shared,
      ...(ttlSeconds !== undefined && { ttlSeconds }),
      ...(maxStateBytes !== undefined && { maxStateBytes }),
    },
    messages: {
      ...shared,
      ...(messageKeyPrefix !== undefined && { messageKeyPrefix }),
      ...(messageTtlSeconds !== undefined && { ttlSeconds: messageTtlSeconds }),
    },
    turns: { agentId, ...prefixes },
  };
}
