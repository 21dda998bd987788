import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { type DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../../src/adapters/dynamodb/attribute-value.js';
import { DynamoDBMessageStore, type DynamoDBMessageStoreOptions } from '../../src/adapters/dynamodb/index.js';
import { itemSize } from '../../src/adapters/dynamodb/item-size.js';
import type { Message } from '../../src/domain/message-store.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';

let endpoint: DynamoDBEndpoint;
let client: DynamoDBClient;
let tableName: string;

beforeAll(async () => {
  endpoint = await startDynamoDB();
  client = createClient(endpoint.url);
  tableName = await createTable(client);
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

const say = (content: string, fields: object = {}): Message => ({ role: 'user', content, ...fields });

function open(agentId: string, options: Partial<DynamoDBMessageStoreOptions> = {}) {
  return new DynamoDBMessageStore({ tableName, agentId, documentClient: client, ...options });
}

async function readItems(agentId: string) {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `agent#${agentId}` } },
    }),
  );
  return Items;
}

describe('the items of a history', () => {
  it('are one that can be read by hand, while it is short', async () => {
    const now = () => Date.parse('2026-05-01T08:00:00.000Z');
    const store = open('by-hand', { now, ttlSeconds: 3_600 });
    await store.append('s', say('Hello', { at: new Date(0) }));
    const Key = { pk: { S: 'agent#by-hand' }, sk: { S: 'message#s' } };
    const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key }));
    const origin = Item?.revision?.S;
    expect(Item).toEqual({
      ...Key,
      entityType: { S: 'agent-messages' },
      updatedAt: { S: '2026-05-01T08:00:00.000Z' },
      revision: { S: expect.stringMatching(/^[\w-]{22}$/) },
      ttl: { N: String(now() / 1_000 + 3_600 + 86_400) },
      state: {
        M: {
          v: { N: '1' },
          begin: { N: '0' },
          end: { N: '1' },
          origin: { S: origin },
          writers: { L: [{ L: [{ S: expect.any(String) }, { S: origin?.slice(0, 12) }] }] },
          refs: { L: [] },
          tail: {
            L: [
              {
                L: [
                  { N: '1' },
                  { N: String(now()) },
                  { N: String(now() / 1_000 + 3_600) },
                  {
                    M: {
                      json: {
                        M: {
                          messages: {
                            L: [
                              {
                                M: {
                                  role: { S: 'user' },
                                  content: { S: 'Hello' },
                                  at: { S: '1970-01-01T00:00:00.000Z' },
                                },
                              },
                            ],
                          },
                        },
                      },
                      meta: {
                        M: { values: { M: { 'messages.0.at': { L: [{ S: 'Date' }] } } }, v: { N: '1' } },
                      },
                    },
                  },
                ],
              },
            ],
          },
        },
      },
    });
  });

  it('are compact as soon as that saves a write unit', async () => {
    const store = open('compact');
    for (let index = 0; index < 5; index++) await store.append('s', say(`${index} `.padEnd(400, 'x')));
    const [head] = await readItems('compact');
    const { B } = head?.state ?? {};
    expect(B).toBeInstanceOf(Uint8Array);
    expect(gunzipSync(B ?? '').toString()).toContain(`"${'4 '.padEnd(400, 'x')}"`);
    expect(await open('compact').getCount('s')).toBe(5);
  });

  it('are all native maps without compression, of two write units at most beside long parts', async () => {
    const store = open('native', { compression: 'off' });
    for (let index = 0; index < 20; index++) await store.append('s', say(`${index} `.padEnd(700, 'x')));
    const items = await readItems('native');
    expect(items.map(({ state }) => Object.keys(state ?? {}))).toEqual(items.map(() => ['M']));
    expect(itemSize(items[0] as Item)).toBeLessThanOrEqual(2_048);
    expect(await open('native').getRecent('s', { maxMessages: 20 })).toHaveLength(20);
  });

  it('are a head of 4 KB at most, and parts, each of which goes by itself', async () => {
    const store = open('long', { ttlSeconds: 3_600, now: () => 1_800_000_000_000 });
    for (let index = 0; index < 120; index++) await store.append('s', say(`${index} `.padEnd(1_000, 'x')));
    const items = await readItems('long');
    const [head, ...parts] = items;
    expect(head?.sk?.S).toBe('message#s');
    expect(itemSize(head as Item)).toBeLessThanOrEqual(4_096);
    for (const part of parts) {
      expect(part).toMatchObject({
        sk: { S: expect.stringMatching(new RegExp(`^part#[\\w-]{22}#${part.revision?.S}-0$`)) },
        entityType: { S: 'agent-messages-part' },
        ttl: { N: String(1_800_000_000 + 3_600 + 86_400) },
      });
    }
    expect(parts.length).toBeLessThan(90);
  });

  it('have attributes of the user, of the head alone', async () => {
    const store = open('own', {
      attributes: (messages, { contextId }) => ({
        gsi1pk: `tenant#${contextId}`,
        last: messages.at(-1)?.content,
      }),
    });
    const long = randomBytes(5_000).toString('base64');
    for (const text of ['one', 'two', long]) await store.append('s', say(text));
    const [head, part] = await readItems('own');
    expect(head).toMatchObject({ gsi1pk: { S: 'tenant#s' }, last: { S: long } });
    expect(part).not.toHaveProperty('gsi1pk');
    await store.clear('s');
    expect(Object.keys((await readItems('own'))[0] ?? {})).not.toContain('last');
  });

  it.each([
    ['UNSERIALIZABLE', () => JSON.parse('{')],
    ['CONFIGURATION', () => ({ revision: 'mine' })],
  ])('are not written if the function for attributes is wrong: %s', async (code, attributes) => {
    const store = open('wrong', { attributes });
    await expect(store.append('s', say('one'))).rejects.toMatchObject({ code });
    expect(await readItems('wrong')).toEqual([]);
  });
});
