import type { OptionNames } from '../../domain/options.js';
import { PersistentTurnStore } from '../../domain/turns/persistent-turn-store.js';
import {
  resolveTurnStoreOptions,
  type TurnStoreOptions,
  turnStoreOptionNames,
} from '../../domain/turns/turn-store-options.js';
import type { Compression } from '../compression.js';
import { resolveRecords, tableOptionNames } from './dynamodb-agent-store.js';
import type { DynamoDBSender } from './dynamodb-sender.js';

/**
 * What a `DynamoDBTurnStore` takes. `tableName` and `agentId` are required; the table may be that of the agent store.
 *
 * @example
 * const options: DynamoDBTurnStoreOptions = { tableName: 'agent-state', agentId: 'support', leaseSeconds: 30 };
 */
export interface DynamoDBTurnStoreOptions extends TurnStoreOptions {
  readonly tableName: string;
  /** The client to send through: a document client, a plain one, or a bare `{ send }`. It is never closed. */
  readonly documentClient?: DynamoDBSender;
  /** The configuration of a client that the store makes and closes itself, a `DynamoDBClientConfig`. @defaultValue `{}` */
  readonly dynamoDbClientConfig?: object;
  /** The name of the partition key attribute. @defaultValue `'pk'` */
  readonly partitionKeyName?: string;
  /** The name of the sort key attribute. @defaultValue `'sk'` */
  readonly sortKeyName?: string;
  /** The name of the attribute with the expiry in Unix seconds. @defaultValue `'ttl'` */
  readonly ttlAttributeName?: string;
  /** Taken so that all stores of an agent can share their options: turns are always read consistently. @defaultValue `true` */
  readonly consistentRead?: boolean;
  /** `'auto'` compresses what needs fewer write units that way; `'off'` never does. @defaultValue `'auto'` */
  readonly compression?: Compression;
}

const optionNames: OptionNames<DynamoDBTurnStoreOptions> = {
  ...turnStoreOptionNames,
  ...tableOptionNames,
};

/**
 * Keeps turns in a DynamoDB table, beside the states, with the same three permissions; `listRunningTurns` needs `Query` too.
 *
 * @example
 * const turnStore = new DynamoDBTurnStore({
 *   tableName: 'agent-state',
 *   agentId: 'support',
 *   documentClient: DynamoDBDocumentClient.from(new DynamoDBClient({})),
 * });
 */
export class DynamoDBTurnStore extends PersistentTurnStore {
  /** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
  constructor(options: DynamoDBTurnStoreOptions) {
    super(resolveTurnStoreOptions(options, optionNames), resolveRecords(options));
  }
}
