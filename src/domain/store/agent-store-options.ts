import type { AgentState } from '../agent-state.js';
import { defaultSerializer } from '../default-serializer.js';
import { createPrefixKeySchema, type KeyPrefixes, type KeySchema, type StateIds } from '../key-schema.js';
import { type OptionNames, requireKnownOptions, requireOption, requireText } from '../options.js';
import type { Serializer, StateSerializer } from '../state-serializer.js';
import { copySerialized } from '../values/encode.js';
import type { PlainData } from '../values/plain-data.js';

/**
 * What every agent store takes, whatever keeps its records.
 *
 * @example
 * const options: AgentStoreOptions = { agentId: 'support', ttlSeconds: 30 * 24 * 3_600 };
 * const agentStore = new InMemoryAgentStore(options);
 */
export interface AgentStoreOptions extends KeyPrefixes {
  /** Whose sessions these are. */
  readonly agentId: string;
  /** Maps ids to keys in place of the prefixes; both together are an error. */
  readonly keySchema?: KeySchema;
  /** How a state becomes data. @defaultValue `defaultSerializer` */
  readonly serializer?: StateSerializer;
  /** A state not saved for this many seconds is gone; it must exceed the longest turn. @defaultValue never */
  readonly ttlSeconds?: number;
  /**
   * The largest state, as the bytes of its text before it is compressed; larger ones are neither written nor read. A state
   * too large for one record is kept in several. @defaultValue 4,194,304
   */
  readonly maxStateBytes?: number;
  /** Starts the sort keys of the further records of a state that is too large for one. @defaultValue `'part#'` */
  readonly partKeyPrefix?: string;
  /**
   * Whether a save is refused that would replace what this holder has not seen. What a turn with a larger fencing token has saved
   * stays in either case. @defaultValue `'optimistic'`
   */
  readonly concurrency?: 'optimistic' | 'last-write-wins';
  /** How many contexts' revisions a holder remembers, the least recently used forgotten first. @defaultValue 100,000 */
  readonly maxTrackedContexts?: number;
  /** The current time in milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
}

/** Their names, to which each kind of store adds those of its own options. */
export const agentStoreOptionNames: OptionNames<AgentStoreOptions> = {
  agentId: true,
  agentKeyPrefix: true,
  contextKeyPrefix: true,
  keySchema: true,
  serializer: true,
  ttlSeconds: true,
  maxStateBytes: true,
  partKeyPrefix: true,
  concurrency: true,
  maxTrackedContexts: true,
  now: true,
};

/** What is kept beside a state, as values of the user's own. */
export type Attributes = Readonly<Record<string, PlainData>>;

/** The options after they were checked, with all defaults filled in. */
export interface AgentStoreSettings {
  readonly agentId: string;
  readonly keySchema: KeySchema;
  readonly serializer: Serializer;
  readonly ttlSeconds: number | null;
  readonly optimistic: boolean;
  readonly maxTrackedContexts: number;
  readonly maxStateBytes: number;
  readonly partKeyPrefix: string;
  readonly now: () => number;
  readonly entityType: string;
  /** Gives what is kept beside a state, if the backend keeps such a thing. */
  readonly attributes?: (state: AgentState, ids: StateIds) => Attributes;
}

/** The last second of the year 9999: later ones are more than some backends can keep, and as good as never. */
export const latestExpiry = 253_402_300_799;

/** Beyond it, the text of a state with its escapes would be longer than a string can be. */
const largestState = 256 * 1024 * 1024;

/** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
export function resolveAgentStoreOptions<Options extends AgentStoreOptions>(
  options: Options,
  names: OptionNames<Options>,
  entityType = 'agent-state',
): AgentStoreSettings {
  requireKnownOptions(options, names);
  const { agentId, keySchema, serializer, ttlSeconds, concurrency = 'optimistic', now = Date.now } = options;
  const { maxTrackedContexts = 100_000, maxStateBytes = 4 * 1024 * 1024, partKeyPrefix = 'part#' } = options;
  requireText('agentId', agentId);
  const isTtl = ttlSeconds === undefined || (Number.isFinite(ttlSeconds) && ttlSeconds > 0);
  requireOption(isTtl, 'ttlSeconds', 'must be a positive number of seconds');
  for (const [option, value] of Object.entries({ maxTrackedContexts, maxStateBytes }))
    requireOption(Number.isSafeInteger(value) && value > 0, option, 'must be a positive whole number');
  requireOption(maxStateBytes <= largestState, 'maxStateBytes', `must not be larger than ${largestState}`);
  requireText('partKeyPrefix', partKeyPrefix);
  const isMode = concurrency === 'optimistic' || concurrency === 'last-write-wins';
  requireOption(isMode, 'concurrency', `must be 'optimistic' or 'last-write-wins'`);
  requireOption(typeof now === 'function', 'now', 'must be a function');
  const isSerializer = serializer === undefined || hasMethods(serializer, 'serialize', 'deserialize');
  requireOption(isSerializer, 'serializer', 'must have the methods serialize and deserialize');
  const schema = resolveKeySchema(keySchema, options);
  const isPart = options.contextKeyPrefix?.startsWith(partKeyPrefix) === true;
  const problem = `must not start with "partKeyPrefix", which is "${partKeyPrefix}"`;
  requireOption(!isPart, 'contextKeyPrefix', problem);
  return {
    agentId,
    keySchema: schema,
    serializer: serializer === undefined ? defaultSerializer : checked(serializer),
    ttlSeconds: ttlSeconds ?? null,
    optimistic: concurrency === 'optimistic',
    maxTrackedContexts,
    maxStateBytes,
    partKeyPrefix,
    now,
    entityType,
  };
}

function resolveKeySchema(keySchema: KeySchema | undefined, prefixes: KeyPrefixes): KeySchema {
  if (keySchema === undefined) return createPrefixKeySchema(prefixes);
  requireOption(hasMethods(keySchema, 'key'), 'keySchema', 'must have the method key');
  for (const option of ['agentKeyPrefix', 'contextKeyPrefix'] as const)
    requireOption(prefixes[option] === undefined, option, 'has no effect beside "keySchema"; leave one out');
  return keySchema;
}

/** A serializer of the user's own, its data checked before a backend sees them. */
function checked(serializer: Serializer): Serializer {
  return {
    ...(serializer.copiesState && { copiesState: true }),
    serialize: async (value, ids) => copySerialized(await serializer.serialize(value, ids)),
    deserialize: (data, ids) => serializer.deserialize(data, ids),
  };
}

function hasMethods(value: unknown, ...names: string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}
