import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type AttributeValue, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentState } from '../../src/index.js';
import { DynamoDBAgentStore, type DynamoDBAgentStoreOptions } from '../../src/stores.js';
import { createState } from '../../src/testing/fixtures.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';

let endpoint: DynamoDBEndpoint;
let client: DynamoDBClient;
let tableName: string;
let page: string;
/** The commands of the page: for the whole item, for compact bytes, and for those of a serializer. */
let commands: string[];

beforeAll(async () => {
  endpoint = await startDynamoDB();
  client = createClient(endpoint.url);
  tableName = await createTable(client);
  const text = await readFile('docs/schema.md', 'utf8');
  page = text.slice(text.indexOf('### Reading an item by hand'));
  commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, command = '']) => command);
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

/** Stores a state, and gives what the AWS CLI would print of its item, and of the bytes in it. */
async function store(state: AgentState, options: Partial<DynamoDBAgentStoreOptions> = {}) {
  const agentStore = new DynamoDBAgentStore({
    tableName,
    agentId: 'support',
    documentClient: client,
    concurrency: 'last-write-wins',
    ...options,
  });
  await agentStore.save('session-1', state);
  const Key = { pk: { S: 'agent#support' }, sk: { S: 'context#session-1' } };
  const { Item = {} } = await client.send(new GetItemCommand({ TableName: tableName, Key }));
  const printed = JSON.stringify({ Item }, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  );
  return { item: Item, printed, bytes: Buffer.from(Item.state?.B ?? []).toString('base64') };
}

/** Runs a command of the page, with the answer of the AWS CLI in its place. */
async function follow(command: string | undefined, answer: string): Promise<string> {
  const script = `aws() { printf '%s\\n' "$ANSWER"; }\n${command}`;
  const env = { PATH: process.env.PATH, ANSWER: answer };
  return (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { env })).stdout;
}

const notesOf = ({ stateNotes }: Record<string, AttributeValue>): Record<string, unknown> =>
  JSON.parse(stateNotes?.S ?? '{}').values;

describe('an item that is read as the documentation says', () => {
  it('shows a native map as it is, with notes that are explained', async () => {
    const everything = {
      date: new Date(0),
      url: new URL('https://example.com'),
      nothing: undefined,
      big: 1n,
      number: Number.NaN,
      set: new Set([1]),
      map: new Map([['a', { constructor: 1 }]]),
      binary: new Uint8Array(1),
      error: new RangeError('no'),
      invalid: new Date(Number.NaN),
      'a.b': new Date(0),
    };
    const { item, printed } = await store(createState(1, { metadata: everything }));
    const { Item } = JSON.parse(await follow(commands[0], printed));
    expect(Item.state.M.turnCount).toEqual({ N: '1' });
    const notes = notesOf(item);
    expect(notes['metadata.a\\.b']).toEqual(['Date']);
    const kinds = Object.values(notes).map((note) => JSON.stringify(Array.isArray(note) ? [note[0]] : note));
    const inside = JSON.stringify(Object.values(Object(Object(notes['metadata.map'])[1])).at(0));
    const explained = [...page.matchAll(/`(\["\w+"\]|\[\["[^`]+"\]\])`/g)].map(([, note]) => note);
    expect([...new Set([...kinds, inside])].sort()).toEqual(explained.sort());
  });

  it('shows a compact state', async () => {
    const state = createState(1, { metadata: { text: 'long '.repeat(2_000), tags: new Set(['a']) } });
    const { bytes } = await store(state);
    expect(bytes).toMatch(/^H4sI/);
    const { json, meta } = JSON.parse(await follow(commands[1], bytes));
    expect(json).toMatchObject({ turnCount: 1, metadata: { tags: ['a'] } });
    expect(meta.values['metadata.tags']).toEqual(['set']);
  });

  it('shows what a serializer made', async () => {
    const serializer = { serialize: () => Buffer.from('made'), deserialize: () => null };
    const { bytes } = await store(createState(1), { serializer });
    expect(bytes).not.toMatch(/^H4sI/);
    expect(await follow(commands[2], bytes)).toBe('made');
  });
});
