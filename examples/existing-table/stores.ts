/**
 * Sessions in a table that is there already, with items of other kinds in it.
 *
 * Shows the options for other key attributes and prefixes, and two whole key schemas: one context per partition, and an
 * agent's contexts over several partitions, for an agent that saves more often than one partition takes.
 */
import { createHash } from 'node:crypto';
import type { KeySchema } from '../../src/index.js';
import { DynamoDBAgentStore, type DynamoDBSender } from '../../src/stores.js';

/** What all stores here have in common. */
export interface TableOptions {
  readonly documentClient: DynamoDBSender;
  readonly tableName: string;
  readonly agentId: string;
}

/** The items `AGENT#<agent>` / `SESSION#<context>`, under the table's own names. */
export function openWithOwnNames(options: TableOptions): DynamoDBAgentStore {
  return new DynamoDBAgentStore({
    ...options,
    partitionKeyName: 'PK',
    sortKeyName: 'SK',
    agentKeyPrefix: 'AGENT#',
    contextKeyPrefix: 'SESSION#',
    entityType: 'AgentSession',
    ttlAttributeName: 'expiresAt',
  });
}

/** A partition for each context, whose other items can be there too: one Query gets them all. */
export const contextPerPartition: KeySchema = {
  // As JSON, so that no two pairs of ids give the same text.
  key: ({ agentId, contextId }) => ({
    partition: `SESSION#${JSON.stringify([agentId, contextId])}`,
    sort: 'STATE',
  }),
};

/** An agent's contexts over `shards` partitions. The number is for ever: with another one, no session is found. */
export function createShardedKeySchema(shards: number): KeySchema {
  if (!Number.isSafeInteger(shards) || shards < 1) throw new TypeError('The shards must be a whole number.');
  return {
    key: ({ agentId, contextId }) => {
      const shard = createHash('sha256').update(contextId).digest().readUInt32BE() % shards;
      return { partition: `SHARD#${shard}#AGENT#${agentId}`, sort: `SESSION#${contextId}` };
    },
  };
}

/** A store with a whole key schema; the prefixes have no place beside it. */
export function openWithKeySchema(options: TableOptions, keySchema: KeySchema): DynamoDBAgentStore {
  return new DynamoDBAgentStore({ ...options, partitionKeyName: 'PK', sortKeyName: 'SK', keySchema });
}
