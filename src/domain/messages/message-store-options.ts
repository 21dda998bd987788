import type { AgentStoreError } from '../errors.js';
import type { KeySchema, StateIds } from '../key-schema.js';
import type { Message } from '../message-store.js';
import { invalidOption, type OptionNames, requireKnownOptions } from '../options.js';
import type { Serializer } from '../state-serializer.js';
import {
  type AgentStoreSettings,
  type Attributes,
  agentStoreOptionNames,
  resolveAgentStoreOptions,
} from '../store/agent-store-options.js';

/**
 * Makes one text of several messages; usually by asking a model.
 *
 * @example
 * const summarize: Summarize = async (messages, { summaryPrompt = 'Summarize this.' }) =>
 *   askModel([...messages, { role: 'user', content: summaryPrompt }]);
 */
export type Summarize = (
  messages: readonly Message[],
  options: { readonly summaryPrompt?: string },
) => string | Promise<string>;

/**
 * What every message store takes, whatever keeps its records.
 *
 * @example
 * const options: MessageStoreOptions = { agentId: 'support', ttlSeconds: 30 * 24 * 3_600, heal: 'answer' };
 * const messageStore = new InMemoryMessageStore(options);
 */
export interface MessageStoreOptions {
  /** Whose sessions these are. */
  readonly agentId: string;
  /** Prepended to the agent id in the partition key. An empty prefix is a prefix. @defaultValue `'agent#'` */
  readonly agentKeyPrefix?: string;
  /**
   * Prepended to the context id in the sort key. It must neither start with `partKeyPrefix` or `contextKeyPrefix` nor the other way round.
   *
   * @defaultValue `'message#'`
   */
  readonly messageKeyPrefix?: string;
  /** What the agent store beside it has: the two must tell their records apart. @defaultValue `'context#'` */
  readonly contextKeyPrefix?: string;
  /** Starts the sort keys of the further records of a history. @defaultValue `'part#'` */
  readonly partKeyPrefix?: string;
  /** Maps ids to keys in place of the prefixes; both together are an error. It must not give the keys of an agent store. */
  readonly keySchema?: KeySchema;
  /** How the messages of one append become data, as `{ messages }`. @defaultValue `defaultSerializer` */
  readonly serializer?: Serializer;
  /** How long each message is kept from its append on. @defaultValue for ever */
  readonly ttlSeconds?: number;
  /**
   * What is read in the place of a tool call that has no result: nothing, or the call and a result that says that it was
   * interrupted. What is stored stays as it is.
   *
   * @defaultValue `'omit'`
   */
  readonly heal?: 'omit' | 'answer';
  /**
   * What a part that cannot be read does to those who read it: `'throw'` fails with `CORRUPTED`; `'skip'` reads past it, and says so by a
   * warning of the process; a function reads past it, and is given the error.
   *
   * @defaultValue `'throw'`
   */
  readonly onCorrupted?: 'throw' | 'skip' | ((error: AgentStoreError) => void);
  /** How many tokens a message has. @defaultValue one for each four characters of its text and its tool calls */
  readonly countTokens?: (message: Message) => number;
  /** Makes a summary; compacting by summaries needs it. @defaultValue none */
  readonly summarize?: Summarize;
  /** The current time in milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
}

/** The names of all of them, which those of a store begin with. */
export const messageStoreOptionNames: OptionNames<MessageStoreOptions> = {
  agentId: true,
  agentKeyPrefix: true,
  messageKeyPrefix: true,
  contextKeyPrefix: true,
  partKeyPrefix: true,
  keySchema: true,
  serializer: true,
  ttlSeconds: true,
  heal: true,
  onCorrupted: true,
  countTokens: true,
  summarize: true,
  now: true,
};

/** The same options, checked, with every default in place. */
export interface MessageStoreSettings
  extends Pick<
    AgentStoreSettings,
    'agentId' | 'keySchema' | 'serializer' | 'ttlSeconds' | 'partKeyPrefix' | 'now'
  > {
  readonly heal: 'omit' | 'answer';
  readonly countTokens: (message: Message) => number;
  readonly summarize: Summarize | null;
  /** Is told of what cannot be read; throws if that is to fail the call. */
  readonly onCorrupted: (error: AgentStoreError) => void;
  /** Gives what is kept beside the head, if the backend keeps such a thing. */
  readonly attributes?: (messages: readonly Message[], ids: StateIds) => Attributes;
}

/** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
export function resolveMessageStoreOptions<Options extends MessageStoreOptions>(
  options: Options,
  names: OptionNames<Options>,
): MessageStoreSettings {
  requireKnownOptions(options, names);
  const {
    agentId,
    agentKeyPrefix,
    keySchema,
    serializer,
    ttlSeconds,
    partKeyPrefix = 'part#',
    now,
  } = options;
  const { heal = 'omit', countTokens = estimateTokens, summarize, onCorrupted = 'throw' } = options;
  if (heal !== 'omit' && heal !== 'answer') throw invalidOption('heal', `must be 'omit' or 'answer'`);
  for (const [option, value] of Object.entries({ countTokens, summarize })) {
    if (value !== undefined && typeof value !== 'function') throw invalidOption(option, 'must be a function');
  }
  const contextKeyPrefix = resolvePrefix(options, partKeyPrefix);
  const resolved = resolveAgentStoreOptions(
    {
      agentId,
      partKeyPrefix,
      ...(agentKeyPrefix !== undefined && { agentKeyPrefix }),
      ...(contextKeyPrefix !== undefined && { contextKeyPrefix }),
      ...(keySchema !== undefined && { keySchema }),
      ...(serializer !== undefined && { serializer }),
      ...(ttlSeconds !== undefined && { ttlSeconds }),
      ...(now !== undefined && { now }),
    },
    agentStoreOptionNames,
  );
  return {
    agentId,
    keySchema: resolved.keySchema,
    serializer: resolved.serializer,
    ttlSeconds: resolved.ttlSeconds,
    partKeyPrefix,
    now: resolved.now,
    heal,
    countTokens,
    summarize: summarize ?? null,
    onCorrupted: resolveOnCorrupted(onCorrupted),
  };
}

/** The prefix of the heads; `undefined` beside a key schema. Prefixes that could give one key for two records are refused. */
function resolvePrefix(options: MessageStoreOptions, partKeyPrefix: string): string | undefined {
  const { messageKeyPrefix, contextKeyPrefix = 'context#' } = options;
  if (options.keySchema !== undefined) {
    if (messageKeyPrefix === undefined) return undefined;
    throw invalidOption('messageKeyPrefix', 'has no effect beside "keySchema"; leave one out');
  }
  const prefix = messageKeyPrefix ?? 'message#';
  for (const [option, value] of Object.entries({
    messageKeyPrefix: prefix,
    contextKeyPrefix,
    partKeyPrefix,
  })) {
    if (typeof value !== 'string' || !value.isWellFormed())
      throw invalidOption(option, 'must be a well-formed string');
  }
  for (const [option, other] of Object.entries({ contextKeyPrefix, partKeyPrefix })) {
    if (!prefix.startsWith(other) && !other.startsWith(prefix)) continue;
    throw invalidOption(
      'messageKeyPrefix',
      `is "${prefix}" beside "${option}" "${other}": neither may be the start of the other`,
    );
  }
  return prefix;
}

function resolveOnCorrupted(
  onCorrupted: NonNullable<MessageStoreOptions['onCorrupted']>,
): MessageStoreSettings['onCorrupted'] {
  if (typeof onCorrupted === 'function') return onCorrupted;
  if (onCorrupted === 'skip') return (error) => process.emitWarning(error);
  if (onCorrupted !== 'throw') throw invalidOption('onCorrupted', `must be 'throw', 'skip' or a function`);
  return (error) => {
    throw error;
  };
}

/** Four characters a token. */
function estimateTokens({ content, toolCalls }: Message): number {
  return Math.ceil((content.length + (toolCalls === undefined ? 0 : JSON.stringify(toolCalls).length)) / 4);
}
