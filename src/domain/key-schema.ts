import { requireOption } from './options.js';

/**
 * Names one session of one agent.
 *
 * @example
 * const ids: StateIds = { agentId: 'support', contextId: 'session-1' };
 */
export interface StateIds {
  readonly agentId: string;
  readonly contextId: string;
}

/**
 * Where a record is kept.
 *
 * @example
 * const key: RecordKey = { partition: 'agent#support', sort: 'context#session-1' };
 */
export interface RecordKey {
  readonly partition: string;
  readonly sort: string;
}

/**
 * Maps ids to the key of the record.
 *
 * Different ids must give different keys: two sessions with one key are one session.
 *
 * @example
 * // One context per partition, in a table whose sort key is a constant.
 * const keySchema: KeySchema = {
 *   key: ({ agentId, contextId }) => ({ partition: JSON.stringify([agentId, contextId]), sort: 'state' }),
 * };
 */
export interface KeySchema {
  key(ids: StateIds): RecordKey;
  /**
   * Where all sessions of an agent are. Only what lists sessions needs it, and refuses a schema without it as `CONFIGURATION`. A
   * schema that spreads the sessions of an agent over several partitions cannot have it.
   */
  range?(agentId: string): SessionRange;
}

/**
 * Where the sessions of an agent are, and which session a key is of: the reverse of `key`.
 *
 * @example
 * // The sort key has something behind the id.
 * const keySchema: KeySchema = {
 *   key: ({ agentId, contextId }) => ({ partition: agentId, sort: `SESSION#${contextId}#STATE` }),
 *   range: (agentId) => ({
 *     partition: agentId,
 *     prefix: 'SESSION#',
 *     contextId: (sort) => /^SESSION#(.*)#STATE$/s.exec(sort)?.[1] ?? null,
 *   }),
 * };
 */
export interface SessionRange {
  readonly partition: string;
  /** What all of their sort keys begin with. */
  readonly prefix: string;
  /** The session that a sort key with this prefix is of; `null` if it is of something else. */
  contextId(sort: string): string | null;
}

/**
 * What stands before the ids in a key.
 *
 * @example
 * const prefixes: KeyPrefixes = { agentKeyPrefix: 'AGENT#', contextKeyPrefix: 'SESSION#' };
 * const agentStore = new InMemoryAgentStore({ agentId: 'support', ...prefixes });
 */
export interface KeyPrefixes {
  /** Prepended to the agent id in the partition key. It may be empty. @defaultValue `'agent#'` */
  readonly agentKeyPrefix?: string;
  /** Prepended to the context id in the sort key. It may be empty. @defaultValue `'context#'` */
  readonly contextKeyPrefix?: string;
}

/**
 * The default key schema: `agent#{agentId}` and `context#{contextId}`.
 *
 * @example
 * const keySchema = createPrefixKeySchema({ agentKeyPrefix: 'AGENT#' });
 * keySchema.key({ agentId: 'a', contextId: 's' }); // { partition: 'AGENT#a', sort: 'context#s' }
 */
export function createPrefixKeySchema(prefixes: KeyPrefixes = {}): KeySchema {
  const { agentKeyPrefix = 'agent#', contextKeyPrefix = 'context#' } = prefixes;
  for (const [option, prefix] of Object.entries({ agentKeyPrefix, contextKeyPrefix })) {
    const isText = typeof prefix === 'string' && prefix.isWellFormed();
    requireOption(isText, option, 'must be a well-formed string');
  }
  return {
    key: ({ agentId, contextId }) => ({
      partition: `${agentKeyPrefix}${agentId}`,
      sort: `${contextKeyPrefix}${contextId}`,
    }),
    range: (agentId) => ({
      partition: `${agentKeyPrefix}${agentId}`,
      prefix: contextKeyPrefix,
      contextId: (sort) => sort.slice(contextKeyPrefix.length),
    }),
  };
}
