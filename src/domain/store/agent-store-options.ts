import { defaultSerializer } from '../default-serializer.js';
import { AgentStoreError } from '../errors.js';
import { createPrefixKeySchema, type KeyPrefixes, type KeySchema } from '../key-schema.js';
import type { StateSerializer } from '../state-serializer.js';
import { copySerialized } from '../values/encode.js';

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
  /** Whether a save is refused that would replace what this instance has not seen. @defaultValue `'optimistic'` */
  readonly concurrency?: 'optimistic' | 'last-write-wins';
  /** How many contexts' revisions an instance remembers, the least recently used forgotten first. @defaultValue 100,000 */
  readonly maxTrackedContexts?: number;
  /** The current time in milliseconds. @defaultValue `Date.now` */
  readonly now?: () => number;
}

/** The same options, checked, with every default in place. */
export interface AgentStoreSettings {
  readonly agentId: string;
  readonly keySchema: KeySchema;
  readonly serializer: StateSerializer;
  readonly ttlSeconds: number | null;
  readonly optimistic: boolean;
  readonly maxTrackedContexts: number;
  readonly now: () => number;
  readonly entityType: string;
}

/** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
export function resolveAgentStoreOptions(
  options: AgentStoreOptions,
  entityType = 'agent-state',
): AgentStoreSettings {
  const { agentId, keySchema, serializer, ttlSeconds, concurrency = 'optimistic', now = Date.now } = options;
  const { maxTrackedContexts = 100_000 } = options;
  if (typeof agentId !== 'string' || agentId === '' || !agentId.isWellFormed()) {
    throw invalidOption('agentId', 'must be a well-formed string that is not empty');
  }
  if (ttlSeconds !== undefined && !(Number.isFinite(ttlSeconds) && ttlSeconds > 0)) {
    throw invalidOption('ttlSeconds', 'must be a positive number of seconds');
  }
  if (!Number.isSafeInteger(maxTrackedContexts) || maxTrackedContexts < 1) {
    throw invalidOption('maxTrackedContexts', 'must be a positive whole number');
  }
  if (concurrency !== 'optimistic' && concurrency !== 'last-write-wins') {
    throw invalidOption('concurrency', `must be 'optimistic' or 'last-write-wins'`);
  }
  if (typeof now !== 'function') throw invalidOption('now', 'must be a function');
  if (serializer !== undefined && !hasMethods(serializer, 'serialize', 'deserialize')) {
    throw invalidOption('serializer', 'must have the methods serialize and deserialize');
  }
  return {
    agentId,
    keySchema: resolveKeySchema(keySchema, options),
    serializer: serializer === undefined ? defaultSerializer : checked(serializer),
    ttlSeconds: ttlSeconds ?? null,
    optimistic: concurrency === 'optimistic',
    maxTrackedContexts,
    now,
    entityType,
  };
}

/** An option that cannot work, said with its name. */
export function invalidOption(option: string, problem: string): AgentStoreError {
  return new AgentStoreError('CONFIGURATION', `The option "${option}" ${problem}.`, {
    operation: 'constructor',
  });
}

function resolveKeySchema(keySchema: KeySchema | undefined, prefixes: KeyPrefixes): KeySchema {
  if (keySchema === undefined) return createPrefixKeySchema(prefixes);
  if (!hasMethods(keySchema, 'key')) throw invalidOption('keySchema', 'must have the method key');
  for (const prefix of ['agentKeyPrefix', 'contextKeyPrefix'] as const) {
    if (prefixes[prefix] !== undefined)
      throw invalidOption(prefix, 'has no effect beside "keySchema"; leave one out');
  }
  return keySchema;
}

/** A serializer of the user's own, its data checked before a backend sees them. */
function checked(serializer: StateSerializer): StateSerializer {
  return {
    ...(serializer.copiesState && { copiesState: true }),
    serialize: async (state, ids) => copySerialized(await serializer.serialize(state, ids)),
    deserialize: (data, ids) => serializer.deserialize(data, ids),
  };
}

function hasMethods(value: unknown, ...names: string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}
