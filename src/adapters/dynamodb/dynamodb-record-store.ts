import type { RecordKey } from '../../domain/key-schema.js';
import { isRecord } from '../../domain/object-kinds.js';
import type {
  Expectation,
  NewRecord,
  PutResult,
  RecordStore,
  StoredRecord,
} from '../../domain/record-store.js';
import { takeItem, toAgentStoreError } from './backend-errors.js';
import { toCondition } from './condition.js';
import type { DynamoDBConnection } from './dynamodb-client.js';
import { fromItem, type ItemLayout, toItem, toKey } from './item.js';

/** Records as items of one table, with `GetItem`, `PutItem` and `DeleteItem` and nothing else. */
export class DynamoDBRecordStore implements RecordStore {
  readonly keyLimits = { partition: 2_048, sort: 1_024 };
  readonly #connection: DynamoDBConnection;
  readonly #tableName: string;
  readonly #layout: ItemLayout;
  readonly #consistentRead: boolean;

  constructor(
    connection: DynamoDBConnection,
    tableName: string,
    layout: ItemLayout,
    consistentRead: boolean,
  ) {
    this.#connection = connection;
    this.#tableName = tableName;
    this.#layout = layout;
    this.#consistentRead = consistentRead;
  }

  async get(key: RecordKey): Promise<StoredRecord | null> {
    const item = await this.#getItem(key, this.#consistentRead);
    return item === null ? null : fromItem(item, this.#layout);
  }

  async put(key: RecordKey, record: NewRecord, expected: Expectation | null): Promise<PutResult> {
    const input = {
      TableName: this.#tableName,
      Item: await toItem(key, record, this.#layout),
      ...(expected !== null && {
        ...toCondition(expected, this.#layout),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      }),
    };
    try {
      await this.#connection.send(({ PutItemCommand }) => new PutItemCommand(input));
      return { written: true };
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ConditionalCheckFailedException') {
        throw toAgentStoreError(error, this.#tableName);
      }
      // Engines that hand over no item leave it open whether this very write is what is in the way.
      const item = takeItem(error) ?? (await this.#getItem(key, true));
      return {
        written: false,
        cause: error,
        ...(item !== null && { current: fromItem(item, this.#layout) }),
      };
    }
  }

  async delete(key: RecordKey): Promise<void> {
    const input = { TableName: this.#tableName, Key: toKey(key, this.#layout) };
    await this.#send(({ DeleteItemCommand }) => new DeleteItemCommand(input));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #getItem(key: RecordKey, consistentRead: boolean): Promise<Record<string, unknown> | null> {
    const input = {
      TableName: this.#tableName,
      Key: toKey(key, this.#layout),
      ConsistentRead: consistentRead,
    };
    const { Item } = await this.#send(({ GetItemCommand }) => new GetItemCommand(input));
    return isRecord(Item) ? Item : null;
  }

  async #send(create: Parameters<DynamoDBConnection['send']>[0]): Promise<Record<string, unknown>> {
    try {
      return await this.#connection.send(create);
    } catch (error) {
      throw toAgentStoreError(error, this.#tableName);
    }
  }
}
