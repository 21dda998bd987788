import type { StateIds } from '../../domain/key-schema.js';
import type { Message } from '../../domain/message-store.js';
import {
  type MessageStoreOptions,
  messageStoreOptionNames,
  resolveMessageStoreOptions,
} from '../../domain/messages/message-store-options.js';
import { PersistentMessageStore } from '../../domain/messages/persistent-message-store.js';
import type { OptionNames } from '../../domain/options.js';
import type { PlainData } from '../../domain/values/plain-data.js';
import type { Compression } from '../compression.js';
import { resolveAttributes, resolveRecords, tableOptionNames } from './dynamodb-agent-store.js';
import type { DynamoDBSender } from './dynamodb-sender.js';

/**
 * What a `DynamoDBMessageStore` takes. `tableName` and `agentId` are required; the table is that of the agent store, or another one.
 *
 * @example
 * const options: DynamoDBMessageStoreOptions = { tableName: 'agent-state', agentId: 'support', ttlSeconds: 30 * 86_400 };
 */
export interface DynamoDBMessageStoreOptions extends MessageStoreOptions {
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
  /** Whether reads see every write that came before them, at twice the price. @defaultValue `true` */
  readonly consistentRead?: boolean;
  /** `'auto'` compresses what needs fewer write units that way; `'off'` never does. @defaultValue `'auto'` */
  readonly compression?: Compression;
  /**
   * Gives what each write puts beside the history, as attributes of its item: the keys of an index, a tenant, a tag. It is called with the
   * messages that are appended, with the summary when a history is compacted, and with none when it is cleared. What is `undefined` is left out.
   *
   * @defaultValue nothing
   */
  readonly attributes?: (
    messages: readonly Message[],
    ids: StateIds,
  ) => Readonly<Record<string, PlainData | undefined>>;
}

const optionNames: OptionNames<DynamoDBMessageStoreOptions> = {
  ...messageStoreOptionNames,
  ...tableOptionNames,
  attributes: true,
};

/**
 * Keeps conversations in a DynamoDB table, beside the states, with the same three permissions.
 *
 * @example
 * const messageStore = new DynamoDBMessageStore({
 *   tableName: 'agent-state',
 *   agentId: 'support',
 *   documentClient: DynamoDBDocumentClient.from(new DynamoDBClient({})),
 * });
 */
export class DynamoDBMessageStore extends PersistentMessageStore {
  /** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
  constructor(options: DynamoDBMessageStoreOptions) {
    const settings = resolveMessageStoreOptions(options, optionNames);
    const attributes = resolveAttributes(options, options.attributes);
    super({ ...settings, ...attributes }, resolveRecords(options));
  }
}
