import { AgentStoreError, type AgentStoreOperation, explainFailure } from '../errors.js';
import { inside } from '../inside.js';
import type { ListableRecords } from '../list-keys.js';
import type {
  CompactionResult,
  CompactOptions,
  Message,
  MessageStore,
  RecentOptions,
} from '../message-store.js';
import { holdFailure } from '../store/call-queue.js';
import { appendEntry, clearHistory } from './append.js';
import { compactHistory } from './compact.js';
import { countOf } from './head.js';
import { createEntry, describeMessages, toComparable } from './message-codec.js';
import { createCore, type History, locateHistory, type MessageCore } from './message-core.js';
import type { MessageStoreSettings } from './message-store-options.js';
import { type Look, listNodes, readHistory, readMessages } from './read-history.js';
import { readRecent } from './recent-messages.js';
import { startRead } from './seen-history.js';

/**
 * A message store over whatever keeps its records. Every one of this package is one, and so is what `createMessageStore` makes.
 *
 * @example
 * const messageStore: PersistentMessageStore = createMessageStore(new FileRecordStore('sessions'), { agentId: 'support' });
 */
export class PersistentMessageStore implements MessageStore {
  readonly #core: MessageCore;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(settings: MessageStoreSettings, records: ListableRecords) {
    this.#core = createCore(settings, records);
  }

  /** @internal */
  get [inside](): MessageCore {
    return this.#core;
  }

  append(contextId: string, messages: Message | readonly Message[]): Promise<void> {
    return this.#call('append', contextId, async (history) => {
      const { settings, calls } = this.#core;
      const list = isList(messages) ? messages : [messages];
      const entry = holdFailure(createEntry(settings, list, history.ids));
      const attributes = describeMessages(settings, list, history.ids);
      const comparable = toComparable(list);
      if (list.length === 0) return;
      await calls.run(contextId, async () => {
        const made = await entry();
        const text = comparable ?? JSON.stringify(made.data);
        await appendEntry(this.#core, history, { entry: made, attributes, text });
      });
    });
  }

  getRecent(contextId: string, options: RecentOptions = {}): Promise<Message[]> {
    return this.#read('getRecent', contextId, (look) => readRecent(look, options));
  }

  getAll(contextId: string): Promise<Message[]> {
    return this.#read('getAll', contextId, (look) => readRecent(look, {}));
  }

  getCount(contextId: string): Promise<number> {
    return this.#read('getCount', contextId, async (look) => countOf(await listNodes(look)));
  }

  getRange(contextId: string, start: number, end: number): Promise<Message[]> {
    return this.#read('getRange', contextId, async (look) =>
      (await readMessages(look, await listNodes(look), start, end)).map(({ message }) => message),
    );
  }

  compact(contextId: string, options: CompactOptions = {}): Promise<CompactionResult> {
    return this.#call('compact', contextId, (history) => compactHistory(this.#core, history, options));
  }

  clear(contextId: string): Promise<void> {
    return this.#call('clear', contextId, async (history) => {
      const attributes = describeMessages(this.#core.settings, [], history.ids);
      await this.#core.calls.run(contextId, () => clearHistory(this.#core, history, attributes));
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { calls, records, settings } = this.#core;
    await calls.settled();
    try {
      await records.close?.();
    } catch (cause) {
      const details = { operation: 'close', agentId: settings.agentId, cause } as const;
      throw new AgentStoreError('UNAVAILABLE', 'The store could not close its client.', details);
    }
  }

  #read<Result>(
    operation: AgentStoreOperation,
    contextId: string,
    read: (look: Look) => Promise<Result>,
  ): Promise<Result> {
    return this.#call(operation, contextId, (history) =>
      this.#core.calls.after(contextId, () => {
        const noteRead = history.agent === undefined ? undefined : startRead(history.agent);
        return readHistory(this.#core, history, (look) => {
          // The first append after it needs no read of its own.
          const known = this.#core.memory.recall(contextId);
          known.stored ??= look.stored ?? undefined;
          noteRead?.(look.stored);
          return read(look);
        });
      }),
    );
  }

  /** Runs a call at once, up to its first wait; what it throws says which call it was. */
  async #call<Result>(
    operation: AgentStoreOperation,
    contextId: string,
    run: (history: History) => Promise<Result>,
  ): Promise<Result> {
    try {
      if (this.#closing !== undefined) throw new AgentStoreError('UNAVAILABLE', 'The store is closed.');
      return await run(locateHistory(this.#core, contextId));
    } catch (error) {
      const failed = `${operation} failed for the history of ${JSON.stringify(contextId)}`;
      throw explainFailure(error, failed, { operation, agentId: this.#core.settings.agentId, contextId });
    }
  }
}

function isList(messages: Message | readonly Message[]): messages is readonly Message[] {
  return Array.isArray(messages);
}
