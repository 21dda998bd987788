import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { DynamoDBAgentStore, type DynamoDBAgentStoreOptions } from '../../src/adapters/dynamodb/index.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';

export type Item = Record<string, AttributeValue>;

/** A table of the calling test file's own, with an agent of its own for each test. */
export class TestTable {
  #endpoint: DynamoDBEndpoint | undefined;
  #client: DynamoDBClient | undefined;
  #tests = 0;
  tableName = '';

  /** Creates the table before the file's tests and removes it after them. */
  static use(): TestTable {
    const table = new TestTable();
    beforeAll(() => table.#start());
    beforeEach(() => {
      table.#tests++;
    });
    afterAll(() => table.#stop());
    return table;
  }

  get endpoint(): string {
    return this.#endpoint?.url ?? '';
  }

  get client(): DynamoDBClient {
    if (this.#client === undefined)
      throw new Error('The table is there only while the tests of its file run.');
    return this.#client;
  }

  get agentId(): string {
    return `agent-${this.#tests}`;
  }

  key(contextId = 'session'): Item {
    return { pk: { S: `agent#${this.agentId}` }, sk: { S: `context#${contextId}` } };
  }

  open(options: Partial<DynamoDBAgentStoreOptions> = {}): DynamoDBAgentStore {
    const documentClient = options.dynamoDbClientConfig === undefined ? this.client : undefined;
    return new DynamoDBAgentStore({
      tableName: this.tableName,
      agentId: this.agentId,
      documentClient,
      ...options,
    });
  }

  async readItem(contextId = 'session'): Promise<Item> {
    const input = { TableName: this.tableName, Key: this.key(contextId), ConsistentRead: true };
    const { Item } = await this.client.send(new GetItemCommand(input));
    if (Item === undefined) throw new Error('The item is not there.');
    return Item;
  }

  async writeItem(attributes: Item, contextId = 'session'): Promise<void> {
    const Item = { ...attributes, ...this.key(contextId) };
    await this.client.send(new PutItemCommand({ TableName: this.tableName, Item }));
  }

  async #start(): Promise<void> {
    this.#endpoint = await startDynamoDB();
    this.#client = createClient(this.#endpoint.url);
    this.tableName = await createTable(this.#client);
  }

  async #stop(): Promise<void> {
    this.#client?.destroy();
    await this.#endpoint?.close();
  }
}
