import type { AgentState } from '../../domain/agent-state.js';
import type { StateIds } from '../../domain/key-schema.js';
import { type OptionNames, requireOption, requireText } from '../../domain/options.js';
import type { RecordIndex } from '../../domain/record-index.js';
import type { RecordStore } from '../../domain/record-store.js';
import {
  type AgentStoreOptions,
  type AgentStoreSettings,
  type Attributes,
  agentStoreOptionNames,
  resolveAgentStoreOptions,
} from '../../domain/store/agent-store-options.js';
import { PersistentAgentStore } from '../../domain/store/persistent-agent-store.js';
import { copyPlainData } from '../../domain/values/encode.js';
import { isRecord, setOwn } from '../../domain/values/objects.js';
import { formatValuePath } from '../../domain/values/path.js';
import type { PlainData } from '../../domain/values/plain-data.js';
import { type Compression, resolveCompression } from '../compression.js';
import { DynamoDBConnection } from './connection.js';
import { DynamoDBRecordStore } from './dynamodb-record-store.js';
import type { DynamoDBSender } from './dynamodb-sender.js';
import type { ItemLayout } from './item.js';
import { ownNames } from './own-names.js';

/**
 * What a `DynamoDBAgentStore` takes. `tableName` and `agentId` are required.
 *
 * @example
 * const options: DynamoDBAgentStoreOptions = { tableName: 'agent-state', agentId: 'support', ttlSeconds: 86_400 };
 */
export interface DynamoDBAgentStoreOptions extends AgentStoreOptions {
  readonly tableName: string;
  /**
   * The client to send through: a document client, a plain one, or a bare `{ send }`. It is never closed. Its logger gets each
   * request of a store without the item that is sent or answered.
   */
  readonly documentClient?: DynamoDBSender;
  /** The configuration of a client that the store makes and closes itself, a `DynamoDBClientConfig`. @defaultValue `{}` */
  readonly dynamoDbClientConfig?: object;
  /** The name of the partition key attribute. @defaultValue `'pk'` */
  readonly partitionKeyName?: string;
  /** The name of the sort key attribute. @defaultValue `'sk'` */
  readonly sortKeyName?: string;
  /** The name of the attribute with the expiry in Unix seconds. @defaultValue `'ttl'` */
  readonly ttlAttributeName?: string;
  /** The attribute `entityType` of each item. @defaultValue `'agent-state'` */
  readonly entityType?: string;
  /** Whether loads see every write that came before them, at twice the price. @defaultValue `true` */
  readonly consistentRead?: boolean;
  /**
   * `'auto'` compresses a state if that saves write units or a native map cannot hold it; `'off'` writes only native
   * maps, which earlier releases can read, and refuses what they cannot hold. @defaultValue `'auto'`
   */
  readonly compression?: Compression;
  /**
   * Gives what each save puts beside the state, as attributes of the item: the keys of an index, a tenant, a tag. Called when
   * `save` is; it must not change the state. What is `undefined` is left out.
   *
   * @defaultValue nothing
   */
  readonly attributes?: (state: AgentState, ids: StateIds) => Readonly<Record<string, PlainData | undefined>>;
}

/** The names of those that say where the table is, and how its items look. */
export const tableOptionNames = {
  tableName: true,
  documentClient: true,
  dynamoDbClientConfig: true,
  partitionKeyName: true,
  sortKeyName: true,
  ttlAttributeName: true,
  consistentRead: true,
  compression: true,
} as const;

type TableOptions = Pick<DynamoDBAgentStoreOptions, keyof typeof tableOptionNames>;

const optionNames: OptionNames<DynamoDBAgentStoreOptions> = {
  ...agentStoreOptionNames,
  ...tableOptionNames,
  entityType: true,
  attributes: true,
};

/**
 * Keeps sessions in a DynamoDB table that many agents may share.
 *
 * @example
 * const agentStore = new DynamoDBAgentStore({
 *   tableName: 'agent-state',
 *   agentId: 'support',
 *   documentClient: DynamoDBDocumentClient.from(new DynamoDBClient({})),
 * });
 */
export class DynamoDBAgentStore extends PersistentAgentStore {
  /** @throws AgentStoreError `CONFIGURATION`, naming the option, if the options cannot work. */
  constructor(options: DynamoDBAgentStoreOptions) {
    super(resolveSettings(options), resolveRecords(options));
  }
}

function resolveSettings(options: DynamoDBAgentStoreOptions): AgentStoreSettings {
  const { entityType = 'agent-state' } = options;
  requireText('entityType', entityType);
  const settings = resolveAgentStoreOptions(options, optionNames, entityType);
  return { ...settings, ...resolveAttributes(options, options.attributes) };
}

/** A function of the user's own that gives attributes, with a check of what it gives. */
export function resolveAttributes<Given extends unknown[]>(
  options: TableOptions,
  attributes: ((...given: Given) => unknown) | undefined,
): { attributes?: (...given: Given) => Attributes } {
  if (attributes === undefined) return {};
  requireOption(typeof attributes === 'function', 'attributes', 'must be a function');
  const { partitionKeyName, sortKeyName, ttlAttributeName } = toLayout(options);
  const taken = [...Object.values(ownNames), partitionKeyName, sortKeyName, ttlAttributeName];
  return { attributes: (...given) => checkAttributes(attributes(...given), taken) };
}

/** @throws AgentStoreError `CONFIGURATION` for a name of the store's own, `UNSERIALIZABLE` for what is no plain data. */
function checkAttributes(given: unknown, taken: readonly string[]): Attributes {
  requireOption(isRecord(given), 'attributes', 'must return a plain object, and no promise');
  const attributes: Record<string, PlainData> = {};
  for (const [name, value] of Object.entries(given)) {
    requireOption(!taken.includes(name), 'attributes', `cannot give "${name}", which is the store's`);
    if (value !== undefined)
      setOwn(attributes, name, copyPlainData(value, formatValuePath('attributes', [name])));
  }
  return attributes;
}

export function resolveRecords(options: TableOptions): RecordStore & RecordIndex {
  const { tableName, consistentRead = true } = options;
  requireText('tableName', tableName);
  requireOption(typeof consistentRead === 'boolean', 'consistentRead', 'must be true or false');
  return new DynamoDBRecordStore(connect(options), tableName, toLayout(options), consistentRead);
}

function connect({ documentClient, dynamoDbClientConfig }: TableOptions): DynamoDBConnection {
  const isClient = documentClient === undefined || typeof documentClient?.send === 'function';
  requireOption(isClient, 'documentClient', 'must have the method send');
  const requireConfig = (works: boolean, problem: string) =>
    requireOption(works, 'dynamoDbClientConfig', problem);
  requireConfig(dynamoDbClientConfig === undefined || isRecord(dynamoDbClientConfig), 'must be an object');
  const endpoint: unknown = Reflect.get(dynamoDbClientConfig ?? {}, 'endpoint');
  const isEndpoint = typeof endpoint !== 'string' || /^https?:\/\//i.test(endpoint);
  requireConfig(isEndpoint, 'has an "endpoint" that does not start with http:// or https://');
  const isOnlyOne = documentClient === undefined || dynamoDbClientConfig === undefined;
  requireConfig(isOnlyOne, 'has no effect beside "documentClient"; leave one out');
  return new DynamoDBConnection(documentClient, dynamoDbClientConfig);
}

function toLayout(options: TableOptions): ItemLayout {
  const { partitionKeyName = 'pk', sortKeyName = 'sk', ttlAttributeName = 'ttl' } = options;
  const taken: string[] = Object.values(ownNames);
  for (const [option, name] of Object.entries({ partitionKeyName, sortKeyName, ttlAttributeName })) {
    requireText(option, name);
    requireOption(name !== '__proto__', option, 'cannot be "__proto__", which the SDK loses');
    requireOption(!taken.includes(name), option, `cannot be "${name}": another attribute has that name`);
    taken.push(name);
  }
  const compression = resolveCompression(options.compression);
  return { partitionKeyName, sortKeyName, ttlAttributeName, compression };
}
