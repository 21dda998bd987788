import { InMemoryAgentStore } from '../../adapters/memory/in-memory-agent-store.js';
import { InMemoryMessageStore } from '../../adapters/memory/in-memory-message-store.js';
import { InMemoryRecordStore } from '../../adapters/memory/in-memory-record-store.js';
import { InMemoryTurnStore } from '../../adapters/memory/in-memory-turn-store.js';
import type { OpenStores } from './opened-stores.js';
import { toStoreOptions } from './store-options.js';
import type { MemoryUrl } from './store-url.js';

/** Every `memory:` URL of one name means the same records, for as long as the process runs. */
const recordsByName = new Map<string, InMemoryRecordStore>();

export function memoryRecords(name: string): InMemoryRecordStore {
  const records = recordsByName.get(name) ?? new InMemoryRecordStore();
  recordsByName.set(name, records);
  return records;
}

export async function openMemoryStores(url: MemoryUrl): Promise<OpenStores> {
  const { agentId } = url;
  const records = memoryRecords(url.name);
  const options = toStoreOptions(url);
  return {
    agentId,
    agentStore: new InMemoryAgentStore({ ...options.agent, records }),
    messageStore: new InMemoryMessageStore({ ...options.messages, records }),
    turnStore: new InMemoryTurnStore({ ...options.turns, records }),
    description: 'memory, gone with the process',
    close: async () => undefined,
  };
}
