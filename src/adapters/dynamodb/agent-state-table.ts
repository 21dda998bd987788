import { AgentStoreError } from '../../domain/errors.js';
import { isError } from '../../domain/values/built-in.js';
import { isRecord } from '../../domain/values/objects.js';
import { DynamoDBConnection, type Sdk } from './connection.js';
import type { DynamoDBSender } from './dynamodb-sender.js';
import { toAgentStoreError } from './errors.js';

/**
 * Names a table, and the attributes that it is to have.
 *
 * @example
 * const options: AgentStateTableOptions = { tableName: 'app-data', partitionKeyName: 'PK', sortKeyName: 'SK' };
 * await createAgentStateTable(new DynamoDBClient({}), options);
 */
export interface AgentStateTableOptions {
  readonly tableName: string;
  /** @defaultValue `'pk'` */
  readonly partitionKeyName?: string;
  /** @defaultValue `'sk'` */
  readonly sortKeyName?: string;
  /** The attribute by which DynamoDB removes what has expired; `null` leaves that off. @defaultValue `'ttl'` */
  readonly ttlAttributeName?: string | null;
  /** How long to wait for the table to be usable. @defaultValue 120 */
  readonly maxWaitSeconds?: number;
}

const pollMs = 250;
const bootstrapActions = ['DescribeTable', 'CreateTable', 'DescribeTimeToLive', 'UpdateTimeToLive'];

/**
 * Creates the table of a `DynamoDBAgentStore` if it does not exist, with on-demand billing and expiry, and waits until it can
 * be used. If it exists, its expiry is turned on and nothing else is changed.
 *
 * It needs dynamodb:DescribeTable, CreateTable, DescribeTimeToLive and UpdateTimeToLive, which the store does not.
 *
 * @example
 * await createAgentStateTable(new DynamoDBClient({}), { tableName: 'agent-state' });
 *
 * @throws AgentStoreError `CONFIGURATION` if the table has another key, or access is denied; `UNAVAILABLE` if it is not usable
 * in time.
 */
export async function createAgentStateTable(
  client: DynamoDBSender,
  options: AgentStateTableOptions,
): Promise<void> {
  const table = new TableRequests(client, options.tableName, bootstrapActions);
  if ((await table.describe()) === null) await table.create(toKeyNames(options));
  const keyNames = await waitUntilActive(table, options);
  const expected = toKeyNames(options);
  if (keyNames.join() !== expected.join()) {
    const message = `The table "${options.tableName}" has the key ${keyNames.join(', ')} and not ${expected.join(', ')}.`;
    throw new AgentStoreError('CONFIGURATION', message);
  }
  const { ttlAttributeName = 'ttl' } = options;
  if (ttlAttributeName !== null) await table.enableExpiry(ttlAttributeName);
}

/**
 * Checks, with one `GetItem`, that a table is there, has the key that a store expects, and may be read: all that can be
 * known with the permissions of the store itself.
 *
 * @example
 * await checkAgentStateTable(new DynamoDBClient({}), { tableName: 'agent-state' });
 *
 * @throws AgentStoreError `CONFIGURATION`, saying what to correct; `UNAVAILABLE` if DynamoDB does not answer.
 */
export async function checkAgentStateTable(
  client: DynamoDBSender,
  options: AgentStateTableOptions,
): Promise<void> {
  const [partitionKeyName, sortKeyName] = toKeyNames(options);
  const Key = { [partitionKeyName]: { S: 'agent-state-check' }, [sortKeyName]: { S: 'agent-state-check' } };
  const input = { TableName: options.tableName, Key };
  const table = new TableRequests(client, options.tableName, ['GetItem']);
  await table.send(({ GetItemCommand }) => new GetItemCommand(input));
}

function toKeyNames({
  partitionKeyName = 'pk',
  sortKeyName = 'sk',
}: AgentStateTableOptions): [string, string] {
  return [partitionKeyName, sortKeyName];
}

/** The names of the table's key attributes, once it can be used. */
async function waitUntilActive(
  table: TableRequests,
  { tableName, maxWaitSeconds = 120 }: AgentStateTableOptions,
): Promise<string[]> {
  const deadline = Date.now() + maxWaitSeconds * 1_000;
  for (;;) {
    const description = await table.describe();
    if (description?.status === 'ACTIVE') return description.keyNames;
    if (Date.now() >= deadline) {
      const status = description?.status ?? 'missing';
      const message = `The table "${tableName}" is ${status} after ${maxWaitSeconds} seconds. Try again later.`;
      throw new AgentStoreError('UNAVAILABLE', message);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** The requests about one table. Their failures become those of a store. */
class TableRequests {
  readonly #connection: DynamoDBConnection;
  readonly #tableName: string;
  readonly #actions: readonly string[];

  constructor(client: DynamoDBSender, tableName: string, actions: readonly string[]) {
    this.#connection = new DynamoDBConnection(client);
    this.#tableName = tableName;
    this.#actions = actions;
  }

  /** @param expected - The name of a failure that is an answer too: `null`. */
  async send(create: (sdk: Sdk) => object, expected?: string): Promise<Record<string, unknown> | null> {
    try {
      return await this.#connection.send(create);
    } catch (error) {
      if (isError(error) && error.name === expected) return null;
      throw toAgentStoreError(error, this.#tableName, this.#actions);
    }
  }

  async describe(): Promise<{ status: unknown; keyNames: string[] } | null> {
    const input = { TableName: this.#tableName };
    const answer = await this.send(
      ({ DescribeTableCommand }) => new DescribeTableCommand(input),
      'ResourceNotFoundException',
    );
    if (!isRecord(answer?.Table)) return null;
    const { KeySchema, TableStatus } = answer.Table;
    const schema: unknown[] = Array.isArray(KeySchema) ? KeySchema : [];
    const keyNames = schema.filter(isRecord).map(({ AttributeName }) => String(AttributeName));
    return { status: TableStatus, keyNames };
  }

  async create(keyNames: readonly [string, string]): Promise<void> {
    const types = ['HASH', 'RANGE'] as const;
    const input = {
      TableName: this.#tableName,
      BillingMode: 'PAY_PER_REQUEST' as const,
      KeySchema: keyNames.map((AttributeName, index) => ({ AttributeName, KeyType: types[index] })),
      AttributeDefinitions: keyNames.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
    };
    // Somebody else may be faster, which does as well.
    await this.send(({ CreateTableCommand }) => new CreateTableCommand(input), 'ResourceInUseException');
  }

  async enableExpiry(AttributeName: string): Promise<void> {
    const input = { TableName: this.#tableName };
    const answer = await this.send(({ DescribeTimeToLiveCommand }) => new DescribeTimeToLiveCommand(input));
    const description = answer?.TimeToLiveDescription;
    const status = isRecord(description) ? description.TimeToLiveStatus : undefined;
    if (status === 'ENABLED' || status === 'ENABLING') return;
    const TimeToLiveSpecification = { AttributeName, Enabled: true };
    // An emulator may have no expiry. A store does not show what has expired all the same.
    await this.send(
      ({ UpdateTimeToLiveCommand }) => new UpdateTimeToLiveCommand({ ...input, TimeToLiveSpecification }),
      'UnknownOperationException',
    );
  }
}
