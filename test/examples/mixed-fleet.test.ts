import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../examples/mixed-fleet/open-store.js';
import { createState } from '../../src/testing/fixtures.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';

let endpoint: DynamoDBEndpoint;
let documentClient: DynamoDBDocumentClient;
let tableName: string;

beforeAll(async () => {
  endpoint = await startDynamoDB();
  const client = createClient(endpoint.url);
  documentClient = DynamoDBDocumentClient.from(client);
  tableName = await createTable(client);
});

afterAll(async () => {
  documentClient.destroy();
  await endpoint.close();
});

const agentId = 'support';
const long = { metadata: { notes: 'as long as a conversation gets '.repeat(1_000) } };
const key = (contextId: string) => ({ pk: `agent#${agentId}`, sk: `context#${contextId}` });
const open = (env: Record<string, string>) => openStore({ documentClient, tableName, agentId }, env);
const openBeside = () => open({ EARLIER_RELEASES: 'running' });

async function readItem(contextId: string): Promise<Record<string, unknown>> {
  const input = { TableName: tableName, Key: key(contextId), ConsistentRead: true };
  return (await documentClient.send(new GetCommand(input))).Item ?? {};
}

/** What earlier releases did: they read a native map with ISO dates, and replaced the whole item without a look at it. */
const earlier = {
  load: async (contextId: string) => (await readItem(contextId)).state,
  save: async (contextId: string, turnCount: number) => {
    const { status, createdAt, lastActivity } = createState(turnCount);
    const dates = { createdAt: createdAt.toISOString(), lastActivity: lastActivity.toISOString() };
    const state = { status, turnCount, ...dates, ...long };
    const updatedAt = new Date().toISOString();
    const Item = { ...key(contextId), entityType: 'agent-state', state, updatedAt, expires: null };
    await documentClient.send(new PutCommand({ TableName: tableName, Item }));
  },
};

describe('a fleet of this release and an earlier one', () => {
  it('passes sessions back and forth, however long they are', async () => {
    await earlier.save('shared', 1);
    const store = openBeside();
    expect(await store.load('shared')).toMatchObject({ turnCount: 1, createdAt: expect.any(Date), ...long });
    await store.save('shared', createState(2, long));
    expect(await earlier.load('shared')).toMatchObject({
      turnCount: 2,
      createdAt: createState().createdAt.toISOString(),
      ...long,
    });
    await earlier.save('shared', 3);
    expect((await openBeside().load('shared'))?.turnCount).toBe(3);
  });

  it('finds out what the earlier one has overwritten, as CONFLICT', async () => {
    const store = openBeside();
    await store.save('overwritten', createState(1, long));
    await earlier.save('overwritten', 5);
    await expect(store.save('overwritten', createState(2, long))).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await store.load('overwritten'))?.turnCount).toBe(5);
    await store.save('overwritten', createState(6, long));
    expect(await earlier.load('overwritten')).toMatchObject({ turnCount: 6 });
  });
});

describe('a fleet without the earlier release', () => {
  it('reads what that one left, and writes long states in the form that only this one reads', async () => {
    await earlier.save('left', 1);
    const store = open({});
    expect(await store.load('left')).toMatchObject({ turnCount: 1, ...long });
    await store.save('left', createState(2, long));
    expect(await earlier.load('left')).toBeInstanceOf(Uint8Array);
    expect(await open({}).load('left')).toMatchObject({ turnCount: 2, ...long });
  });
});
