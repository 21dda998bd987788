import type { Message, MessageStore } from '../../src/domain/message-store.js';
import { createMessageStore } from '../../src/domain/messages/create-message-store.js';
import type { RecordStore } from '../../src/domain/record-store.js';
import type { MessageContractBackend, MessageContractOptions } from '../../src/testing/index.js';
import { createRecordsBackend } from '../backends/memory-backend.js';

/** A message store with one defect, and the case of the contract that must find it. */
export interface BrokenMessageStore {
  readonly defect: string;
  readonly foundBy: string;
  readonly createBackend: () => MessageContractBackend;
}

/** A store of which some methods are replaced by broken ones. */
function byHand(
  change: (
    store: MessageStore,
    options: MessageContractOptions,
    records: RecordStore,
  ) => Partial<MessageStore>,
) {
  return () =>
    createRecordsBackend((options, records: RecordStore) => {
      const store = createMessageStore(records, options);
      const bound = Object.fromEntries(
        ['append', 'getRecent', 'getAll', 'getCount', 'getRange', 'compact', 'clear', 'close'].map((name) => [
          name,
          (...given: unknown[]) => Reflect.apply(Reflect.get(store, name), store, given),
        ]),
      );
      return { ...bound, ...change(store, options, records) } as MessageStore;
    });
}

const list = (messages: Message | readonly Message[]): Message[] =>
  Array.isArray(messages) ? [...messages] : [messages as Message];

export const brokenMessageStores: readonly BrokenMessageStore[] = [
  {
    defect: 'appends one message at a time',
    foundBy: 'appends all of several messages or none, whichever request fails',
    createBackend: byHand((store) => ({
      append: async (contextId, messages) => {
        for (const message of list(messages)) await store.append(contextId, message);
      },
    })),
  },
  {
    defect: 'tries again without looking',
    foundBy: 'appends once if it is called again after nobody had answered',
    createBackend: byHand((store, options, records) => {
      let writer = store;
      return {
        append: async (contextId, messages) => {
          const used = writer;
          writer = createMessageStore(records, options);
          await used.append(contextId, messages);
          writer = used;
        },
      };
    }),
  },
  {
    defect: 'takes equal messages for one',
    foundBy: 'keeps two equal messages that were both acknowledged',
    createBackend: byHand((store) => ({
      append: async (contextId, messages) => {
        const [last] = (await store.getAll(contextId)).slice(-1);
        const added = list(messages).filter(({ content }) => content !== last?.content);
        await store.append(contextId, added);
      },
    })),
  },
  {
    defect: 'reads the oldest messages first',
    foundBy: 'reads any part of a long history',
    createBackend: byHand((store) => ({
      getRecent: async (contextId, { maxMessages } = {}) =>
        (await store.getAll(contextId)).slice(0, maxMessages),
    })),
  },
  {
    defect: 'cuts between a call and its result',
    foundBy: 'parts no result from its call, whatever the limits',
    createBackend: byHand((store) => ({
      getRecent: async (contextId, { maxMessages = 99 } = {}) =>
        (await store.getAll(contextId)).slice(-maxMessages),
    })),
  },
  {
    defect: 'heals what is stored',
    foundBy: 'leaves out a call that has no result, and changes nothing stored',
    createBackend: byHand((store) => ({
      getRange: async (contextId, start, end) => (await store.getAll(contextId)).slice(start, end),
    })),
  },
  {
    defect: 'never heals',
    foundBy: 'answers a call that has no result, if it is told to',
    createBackend: byHand((store) => ({
      getAll: async (contextId) => store.getRange(contextId, 0, await store.getCount(contextId)),
    })),
  },
  {
    defect: 'compacts what it has read, and writes all of it',
    foundBy: 'keeps what is appended while a summary is made',
    createBackend: byHand((store, { summarize }) => ({
      compact: async (contextId, { keepRecent = 50 } = {}) => {
        const all = await store.getAll(contextId);
        const end = Math.max(all.length - keepRecent, 0);
        const content = (await summarize?.(all.slice(0, end), {})) ?? '';
        await store.clear(contextId);
        await store.append(contextId, [{ role: 'system', content }, ...all.slice(end)]);
        return { summaryMessages: [], compactedRange: { start: 0, end }, tokensSaved: 0 };
      },
    })),
  },
  {
    defect: 'brings back what was cleared',
    foundBy: 'keeps nothing of a history that is cleared while a summary is made',
    createBackend: byHand((store, { summarize }) => ({
      compact: async (contextId) => {
        const all = await store.getAll(contextId);
        const content = (await summarize?.(all, {})) ?? '';
        await store.append(contextId, { role: 'system', content });
        return { summaryMessages: [], compactedRange: { start: 0, end: 0 }, tokensSaved: 0 };
      },
    })),
  },
  {
    defect: 'forgets to clear',
    foundBy: 'clears a history, and begins another one',
    createBackend: byHand(() => ({ clear: async () => undefined })),
  },
  {
    defect: 'counts wrong',
    foundBy: 'appends one message or several, behind all others',
    createBackend: byHand((store) => ({ getCount: async (id) => (await store.getAll(id)).length + 1 })),
  },
  {
    defect: 'keeps messages for ever',
    foundBy: 'keeps each message for as long as it was told when it was appended',
    createBackend: () =>
      createRecordsBackend(({ ttlSeconds: _, ...options }, records) => createMessageStore(records, options)),
  },
  {
    defect: 'ignores prefixes',
    foundBy: 'hides a history behind another prefix, and shows it again',
    createBackend: () =>
      createRecordsBackend(({ agentKeyPrefix: _, messageKeyPrefix: __, ...options }, records) =>
        createMessageStore(records, options),
      ),
  },
  {
    defect: 'aliases objects',
    foundBy: 'shares nothing with what was appended or read',
    createBackend: byHand((store) => {
      const kept: Message[] = [];
      return {
        append: async (contextId, messages) => {
          kept.push(...list(messages));
          await store.append(contextId, messages);
        },
        getRange: async () => kept,
        getAll: async () => kept,
      };
    }),
  },
  {
    defect: 'can be used after it is closed',
    foundBy: 'is closed once, after the calls under way',
    createBackend: byHand(() => ({ close: async () => undefined })),
  },
];
