import type { AgentState } from '../../domain/agent-state.js';
import type { AgentStore } from '../../domain/agent-store.js';
import { type AgentStoreOptions, refusal } from '../../domain/agent-store-options.js';
import { isRecord } from '../../domain/object-kinds.js';
import { type Compression, resolveCompression } from '../gzip/state-bytes.js';
import { createAgentStore } from '../superjson/create-agent-store.js';
import { DynamoDBConnection } from './dynamodb-client.js';
import { DynamoDBRecordStore } from './dynamodb-record-store.js';
import type { DynamoDBSender } from './dynamodb-sender.js';
import { type ItemLayout, ownAttributes } from './item.js';

/**
 * What a `DynamoDBAgentStore` takes. `tableName` and `agentId` are required.
 *
 * @example
 * const options: DynamoDBAgentStoreOptions = { tableName: 'agent-state', agentId: 'support', ttlSeconds: 86_400 };
 */
export interface DynamoDBAgentStoreOptions extends AgentStoreOptions {
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
  /** The attribute `entityType` of each item. @defaultValue `'agent-state'` */
  readonly entityType?: string;
  /** Whether loads see every write that came before them, at twice the price. @defaultValue `true` */
  readonly consistentRead?: boolean;
  /**
   * `'auto'` compresses a state where that saves write units or a native map cannot hold it; `'off'` writes only native
   * maps, which earlier releases can read, and refuses what they cannot hold. @defaultValue `'auto'`
   */
  readonly compression?: Compression;
}

/**
 * Keeps sessions in a DynamoDB table that many agents may share.
 *
 * @example
 * const agentStore = new DynamoDBAgentStore({
 *   tableName: 'agent-state',
 *   agentId: 'support',
 *   documentClient: DynamoDBDocumentClient.from(new DynamoDBClient({})),
 * });
 *
 * @throws AgentStoreError `CONFIGURATION`, naming the option, where the options cannot work.
 */
export class DynamoDBAgentStore implements AgentStore {
  readonly #store: AgentStore;

  constructor(options: DynamoDBAgentStoreOptions) {
    const { tableName, consistentRead = true } = options;
    requireName('tableName', tableName);
    if (typeof consistentRead !== 'boolean') throw refusal('consistentRead', 'must be true or false');
    const records = new DynamoDBRecordStore(connect(options), tableName, toLayout(options), consistentRead);
    this.#store = createAgentStore(records, options);
  }

  load(contextId: string): Promise<AgentState | null> {
    return this.#store.load(contextId);
  }

  save(contextId: string, state: AgentState): Promise<void> {
    return this.#store.save(contextId, state);
  }

  delete(contextId: string): Promise<void> {
    return this.#store.delete(contextId);
  }

  peek(contextId: string): Promise<AgentState | null> {
    return this.#store.peek(contextId);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

function connect({ documentClient, dynamoDbClientConfig }: DynamoDBAgentStoreOptions): DynamoDBConnection {
  if (documentClient !== undefined && typeof documentClient?.send !== 'function') {
    throw refusal('documentClient', 'must have the method send');
  }
  if (dynamoDbClientConfig !== undefined && !isRecord(dynamoDbClientConfig)) {
    throw refusal('dynamoDbClientConfig', 'must be an object');
  }
  if (documentClient !== undefined && dynamoDbClientConfig !== undefined) {
    throw refusal('dynamoDbClientConfig', 'has no effect beside "documentClient"; leave one out');
  }
  return new DynamoDBConnection(documentClient, dynamoDbClientConfig);
}

function toLayout(options: DynamoDBAgentStoreOptions): ItemLayout {
  const { partitionKeyName = 'pk', sortKeyName = 'sk', ttlAttributeName = 'ttl' } = options;
  const { entityType = 'agent-state' } = options;
  const taken = [...ownAttributes];
  for (const [option, name] of Object.entries({ partitionKeyName, sortKeyName, ttlAttributeName })) {
    requireName(option, name);
    if (name === '__proto__') throw refusal(option, 'cannot be "__proto__", which the SDK loses');
    if (taken.includes(name)) throw refusal(option, `cannot be "${name}": another attribute has that name`);
    taken.push(name);
  }
  requireName('entityType', entityType);
  const compression = resolveCompression(options.compression);
  return { partitionKeyName, sortKeyName, ttlAttributeName, entityType, compression };
}

function requireName(option: string, value: unknown): void {
  if (typeof value === 'string' && value !== '' && value.isWellFormed()) return;
  throw refusal(option, 'must be a well-formed string that is not empty');
}
