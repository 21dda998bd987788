import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  contextPerPartition,
  createShardedKeySchema,
  openWithKeySchema,
  openWithOwnNames,
} from '../../examples/existing-table/stores.js';
import { createState } from '../../src/testing/fixtures.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';

let endpoint: DynamoDBEndpoint;
let documentClient: DynamoDBClient;
let tableName: string;
const agentId = 'support';

beforeAll(async () => {
  endpoint = await startDynamoDB();
});

afterAll(() => endpoint.close());

beforeEach(async () => {
  documentClient = createClient(endpoint.url);
  tableName = await createTable(documentClient, 'PK', 'SK');
});

afterEach(() => documentClient.destroy());

/** The keys of all items, as `partition / sort`. */
async function storedKeys(): Promise<string[]> {
  const { Items = [] } = await documentClient.send(new ScanCommand({ TableName: tableName }));
  return Items.map(({ PK, SK }) => `${PK?.S} / ${SK?.S}`).sort();
}

describe('an existing table', () => {
  it('keeps sessions under its own names and prefixes', async () => {
    const options = { documentClient, tableName, agentId };
    await openWithOwnNames(options).save('s', createState(2));
    expect(await storedKeys()).toEqual(['AGENT#support / SESSION#s']);
    expect((await openWithOwnNames(options).load('s'))?.turnCount).toBe(2);
  });

  it('keeps each context in a partition of its own', async () => {
    const store = openWithKeySchema({ documentClient, tableName, agentId }, contextPerPartition);
    await store.save('s1', createState(1));
    await store.save('s2', createState(2));
    expect(await storedKeys()).toEqual([
      'SESSION#["support","s1"] / STATE',
      'SESSION#["support","s2"] / STATE',
    ]);
    expect((await store.load('s2'))?.turnCount).toBe(2);
  });

  it('spreads the contexts of an agent, and finds each again', async () => {
    const open = () => openWithKeySchema({ documentClient, tableName, agentId }, createShardedKeySchema(4));
    const contexts = Array.from({ length: 40 }, (_, index) => `s${index}`);
    const writer = open();
    await Promise.all(contexts.map((context, index) => writer.save(context, createState(index))));
    const partitions = (await storedKeys()).map((key) => key.split(' / ')[0]);
    expect([...new Set(partitions)]).toEqual([0, 1, 2, 3].map((shard) => `SHARD#${shard}#AGENT#support`));
    const reader = open();
    const loaded = await Promise.all(contexts.map((context) => reader.load(context)));
    expect(loaded.map((state) => state?.turnCount)).toEqual(contexts.map((_, index) => index));
  });
});

describe('the key schemas', () => {
  it.each([
    ['one context per partition', contextPerPartition],
    ['sharded', createShardedKeySchema(3)],
  ])('give different sessions different keys: %s', (_, keySchema) => {
    const id = fc.string({ unit: fc.constantFrom('#', '"', '\\', '[', ',', '0', 'AGENT#', 'SESSION#') });
    const ids = fc.record({ agentId: id, contextId: id });
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        const isSameKey = JSON.stringify(keySchema.key(one)) === JSON.stringify(keySchema.key(other));
        expect(isSameKey).toBe(one.agentId === other.agentId && one.contextId === other.contextId);
      }),
    );
  });

  it.each([0, 1.5, Number.NaN])('refuse %s shards', (shards) => {
    expect(() => createShardedKeySchema(shards)).toThrow('whole number');
  });
});
