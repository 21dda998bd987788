import { currentCallMeter } from '../../domain/call-meter.js';
import type { RecordKey } from '../../domain/key-schema.js';
import type { KeyListOptions, KeyPage, RecordIndex } from '../../domain/record-index.js';
import type {
  Expectation,
  NewRecord,
  RecordStore,
  StoredRecord,
  WriteResult,
  WriteUnits,
} from '../../domain/record-store.js';
import { isError } from '../../domain/values/built-in.js';
import { isRecord } from '../../domain/values/objects.js';
import { sizeOf } from '../../domain/values/size.js';
import { compressedSize } from '../compression.js';
import { toCondition } from './condition.js';
import type { DynamoDBConnection, Sdk } from './connection.js';
import { askCapacity, readCapacity } from './consumed-capacity.js';
import { writeUnitBytes } from './data-attributes.js';
import { takeItem, toAgentStoreError } from './errors.js';
import { hideItem } from './hide-item.js';
import { fromItem, type ItemLayout, toItem, toKey } from './item.js';
import { itemSize, storedItemSize } from './item-size.js';

/** What is left of an item of 400 KB beside its other attributes, with room to spare. */
const maxTextBytes = 384_000;

/** Records as items of one table, with `GetItem`, `PutItem` and `DeleteItem`; to list them takes `Query`. */
export class DynamoDBRecordStore implements RecordStore, RecordIndex {
  readonly keyLimits = { partition: 2_048, sort: 1_024 };
  /** Absent with `compression: 'off'`, which writes only what earlier releases can read: they know no parts. */
  readonly maxRecordBytes?: number;
  readonly writeUnits: WriteUnits;

  constructor(
    private readonly connection: DynamoDBConnection,
    private readonly tableName: string,
    private readonly layout: ItemLayout,
    private readonly consistentRead: boolean,
  ) {
    const isCompressed = layout.compression === 'auto';
    if (isCompressed) this.maxRecordBytes = maxTextBytes;
    this.writeUnits = { bytes: writeUnitBytes, measure: isCompressed ? compressedSize : sizeOf };
  }

  async get(key: RecordKey, isFresh = this.consistentRead): Promise<StoredRecord | null> {
    const item = await this.#getItem(key, isFresh);
    return item === null ? null : fromItem(item, this.layout);
  }

  async put(key: RecordKey, record: NewRecord, expected: Expectation | null): Promise<WriteResult> {
    const Item = await toItem(key, record, this.layout);
    currentCallMeter()?.add({ bytes: itemSize(Item) });
    return this.#write(key, expected, ({ PutItemCommand }, options) => {
      return hideItem(new PutItemCommand({ TableName: this.tableName, Item, ...options }));
    });
  }

  delete(key: RecordKey, expected: Expectation | null): Promise<WriteResult> {
    const Key = toKey(key, this.layout);
    return this.#write(key, expected, ({ DeleteItemCommand }, options) => {
      return hideItem(new DeleteItemCommand({ TableName: this.tableName, Key, ...options }));
    });
  }

  async keys(partition: string, { prefix, after, limit }: KeyListOptions): Promise<KeyPage> {
    const { partitionKeyName, sortKeyName } = this.layout;
    const meter = currentCallMeter();
    // DynamoDB compares no key with an empty text.
    const isAll = prefix === '';
    const input = {
      TableName: this.tableName,
      KeyConditionExpression: `#pk = :pk${isAll ? '' : ' AND begins_with(#sk, :prefix)'}`,
      ProjectionExpression: '#sk',
      ExpressionAttributeNames: { '#pk': partitionKeyName, '#sk': sortKeyName },
      ExpressionAttributeValues: { ':pk': { S: partition }, ...(!isAll && { ':prefix': { S: prefix } }) },
      ConsistentRead: true,
      Limit: limit,
      ...(after !== undefined && { ExclusiveStartKey: toKey({ partition, sort: after }, this.layout) }),
      ...askCapacity(meter),
    };
    try {
      const output = await this.connection.send(({ QueryCommand }) => new QueryCommand(input));
      meter?.add({ readUnits: readCapacity(output) });
      const keys = Array.from(Object(output.Items), (item) => readText(item, sortKeyName));
      const next = output.LastEvaluatedKey;
      return { keys, ...(next !== undefined && { next: readText(next, sortKeyName) }) };
    } catch (error) {
      throw toAgentStoreError(error, this.tableName, ['Query']);
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  async #write(
    key: RecordKey,
    expected: Expectation | null,
    create: (sdk: Sdk, options: object) => object,
  ): Promise<WriteResult> {
    const meter = currentCallMeter();
    const condition = expected === null ? {} : toCondition(expected, this.layout);
    try {
      const output = await this.connection.send((sdk) =>
        create(sdk, { ...condition, ...askCapacity(meter) }),
      );
      meter?.add({ writeUnits: readCapacity(output) });
      return { written: true };
    } catch (error) {
      if (!isError(error) || error.name !== 'ConditionalCheckFailedException') {
        throw toAgentStoreError(error, this.tableName);
      }
      // The item in the way may be this very write. Some engines do not hand it over, so it is read.
      const item = takeItem(error) ?? (await this.#getItem(key, true));
      const current = item === null ? undefined : { current: fromItem(item, this.layout) };
      return { written: false, cause: error, ...current };
    }
  }

  async #getItem(key: RecordKey, ConsistentRead: boolean): Promise<Record<string, unknown> | null> {
    const meter = currentCallMeter();
    const Key = toKey(key, this.layout);
    const input = { TableName: this.tableName, Key, ConsistentRead, ...askCapacity(meter) };
    try {
      const output = await this.connection.send(({ GetItemCommand }) => hideItem(new GetItemCommand(input)));
      const item = isRecord(output.Item) ? output.Item : null;
      meter?.add({ bytes: item === null ? 0 : storedItemSize(item), readUnits: readCapacity(output) });
      return item;
    } catch (error) {
      throw toAgentStoreError(error, this.tableName);
    }
  }
}

/** The text of an attribute in what DynamoDB answers. */
function readText(item: unknown, name: string): string {
  const { S }: { S?: unknown } = Object(Reflect.get(Object(item), name));
  if (typeof S === 'string') return S;
  throw new TypeError(`DynamoDB answered without the attribute "${name}".`);
}
