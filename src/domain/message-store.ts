/**
 * A tool that the model asks to be run.
 *
 * @example
 * const call: ToolCall = { id: 'call-1', type: 'function', function: { name: 'weather', arguments: { city: 'Bern' } } };
 */
export interface ToolCall {
  id: string;
  type: string;
  function: { name: string; arguments: Record<string, unknown> };
}

/**
 * One message of a conversation, structurally that of `@looopy-ai/core`. Fields not listed here are kept as they are.
 *
 * @example
 * const message: Message = { role: 'user', content: 'What is the weather in Bern?' };
 */
export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  name?: string;
  /** What an assistant asks to be run. */
  toolCalls?: ToolCall[];
  /** Whose result a tool's message is. */
  toolCallId?: string;
}

/**
 * How much of a history to read.
 *
 * @example
 * const messages = await messageStore.getRecent(contextId, { maxMessages: 50, maxTokens: 8_000 });
 */
export interface RecentOptions {
  /** At most so many of the newest messages. @defaultValue all */
  readonly maxMessages?: number;
  /** So many of the newest messages as have at most this many tokens together. @defaultValue all */
  readonly maxTokens?: number;
}

/**
 * How to make a history shorter.
 *
 * @example
 * await messageStore.compact(contextId, { keepRecent: 20, strategy: 'summarization' });
 */
export interface CompactOptions {
  /** How many of the newest messages stay. @defaultValue 50 */
  readonly keepRecent?: number;
  /** How many tokens the messages that stay may have together. @defaultValue any number */
  readonly targetTokens?: number;
  /**
   * What takes the place of the others: nothing, a summary of them, or a summary of the summaries of fifty at a time. The last
   * two need the store's option `summarize`.
   *
   * @defaultValue `'sliding-window'`
   */
  readonly strategy?: 'sliding-window' | 'summarization' | 'hierarchical';
  /** Is passed on to `summarize`. */
  readonly summaryPrompt?: string;
}

/**
 * What a compaction has done.
 *
 * @example
 * const { tokensSaved } = await messageStore.compact(contextId);
 */
export interface CompactionResult {
  /** What took the place of the messages; empty if nothing did. */
  summaryMessages: Message[];
  /** The positions that the messages had, as `getRange` counts them; both are 0 if there was nothing to do. */
  compactedRange: { start: number; end: number };
  tokensSaved: number;
}

/**
 * Keeps the conversation of each session of one agent; structurally the `MessageStore` of `@looopy-ai/core`. Every method
 * rejects with `AgentStoreError`.
 *
 * Calls for one context through one store take effect in the order in which they were made.
 *
 * @example
 * await messageStore.append(contextId, { role: 'user', content: 'Hello' });
 * const messages = await messageStore.getAll(contextId);
 */
export interface MessageStore {
  /**
   * Adds a copy of the messages, taken at the call, behind all others: all of them or none, with nothing in between. It is done
   * again as often as others come first. If the outcome stays unknown it is `UNAVAILABLE`; to call it again with the same messages then
   * never adds them twice.
   */
  append(contextId: string, messages: Message | readonly Message[]): Promise<void>;
  /**
   * The newest messages, the oldest of them first, healed: without a result whose call is missing, nor a call whose result is. What a
   * limit would cut in two is left out; the newest message, or the newest call with all of its results, is there whatever the
   * limits. Without limits, it is what `getAll` gives.
   */
  getRecent(contextId: string, options?: RecentOptions): Promise<Message[]>;
  /** All messages since the last `clear`, healed, a summary of earlier ones first. */
  getAll(contextId: string): Promise<Message[]>;
  /** How many messages are stored, the summary included. */
  getCount(contextId: string): Promise<number>;
  /** The stored messages from position `start` to `end`, without the one at `end`, as they are. The oldest is at 0. */
  getRange(contextId: string, start: number, end: number): Promise<Message[]>;
  /** Makes the history shorter. What is appended meanwhile stays; a clear meanwhile ends it. */
  compact(contextId: string, options?: CompactOptions): Promise<CompactionResult>;
  /** Removes all messages. */
  clear(contextId: string): Promise<void>;
  /** Waits for calls under way, then closes a client that the store made itself. Closing twice is fine. */
  close(): Promise<void>;
}
