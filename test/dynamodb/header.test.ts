import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DynamoDBConnection } from '../../src/adapters/dynamodb/connection.js';
import { DynamoDBRecordStore } from '../../src/adapters/dynamodb/dynamodb-record-store.js';
import { isExpectationMet, type NewRecord } from '../../src/domain/record-store.js';
import { createState } from '../../src/testing/fixtures.js';
import { runs } from '../property/options.js';
import { type Item, TestTable } from './table.js';

const table = TestTable.use();
const now = 1_800_000_000_000;
const seconds = now / 1_000;

/** What each attribute may be turned into, by us or by anybody else. */
const odd = fc.constantFrom<Item[string] | undefined>(
  undefined,
  { NULL: true },
  { BOOL: true },
  { S: '' },
  { S: 'a' },
  { S: '~' },
  { S: '~{"S":"x"}' },
  { S: 'é' },
  { S: String(seconds - 10) },
  { N: '1' },
  { N: '-1' },
  { N: String(seconds) },
  { N: String(seconds + 0.5) },
  { N: String(seconds + 10) },
  { B: Uint8Array.of(97) },
  { L: [] },
  { M: { S: { S: 'a' } } },
  { SS: ['a'] },
);

const names = ['revision', 'ttl', 'fencingToken', 'lineage', 'parts', 'updatedAt'];

const record: NewRecord = {
  revision: 'new',
  updatedAt: now,
  entityType: 'agent-state',
  data: {},
  text: '{"json":{}}',
};

describe('an item that somebody has changed', () => {
  it('is written over only if what is read of it meets the expectation', async () => {
    const layout = {
      partitionKeyName: 'pk',
      sortKeyName: 'sk',
      ttlAttributeName: 'ttl',
      compression: 'auto',
    } as const;
    const records = new DynamoDBRecordStore(
      new DynamoDBConnection(table.client),
      table.tableName,
      layout,
      true,
    );
    let items = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...names), odd, { maxKeys: 3 }),
        fc.boolean(),
        fc.boolean(),
        fc.option(fc.constantFrom(0, 1, seconds), { nil: undefined }),
        async (changes, absent, isSeen, token) => {
          const key = { partition: 'header', sort: `${++items}` };
          const Item = {
            pk: { S: key.partition },
            sk: { S: key.sort },
            state: { M: {} },
            updatedAt: { S: 'x' },
            revision: { S: 'a' },
            ...changes,
          };
          for (const [name, value] of Object.entries(changes))
            if (value === undefined) Reflect.deleteProperty(Item, name);
          await table.client.send(new PutItemCommand({ TableName: table.tableName, Item }));
          const stored = await records.get(key);
          const seen = stored?.revision ? [stored.revision] : [];
          const revisions = ['a', '~{"S":"x"}', ...(isSeen ? seen : [])];
          const expected = { absent, revisions, now, ...(token !== undefined && { token }) };
          const { written } = await records.put(key, record, expected);
          expect(written).toBe(isExpectationMet(expected, stored));
        },
      ),
      runs(),
    );
  });

  it.each<[string, Item]>([
    ['a revision of another type', { revision: { N: '1' } }],
    ['an empty revision', { revision: { S: '' } }],
    ['what stands for none', { revision: { S: '~{"S":"x"}' } }],
    ['an expiry of another type', { ttl: { S: '1800000000' } }],
    ['a token of another type', { fencingToken: { S: '1' } }],
    ['a lineage of another type', { lineage: { S: 'a' } }],
    ['a list of parts of another type', { parts: { N: '1' } }],
    ['no revision, and a time of another type', { revision: undefined as never, updatedAt: { L: [] } }],
  ])('is CORRUPTED, and stays until it is deleted: %s', async (_, changes) => {
    await table.open().save('session', createState(1));
    const item = Object.entries({ ...(await table.readItem()), ...changes }).filter(
      ([, value]) => value !== undefined,
    );
    await table.writeItem(Object.fromEntries(item));
    const store = table.open();
    await expect(store.load('session')).rejects.toMatchObject({ code: 'CORRUPTED' });
    await expect(store.save('session', createState(2))).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(table.open().save('session', createState(3))).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(store.load('session')).rejects.toMatchObject({ code: 'CORRUPTED' });
    await store.delete('session');
    expect(await store.load('session')).toBe(null);
    await store.save('session', createState(4));
  });
});
