import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
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
/** The commands of the page: for the whole item, for compact bytes, for those of a serializer, and for several items. */
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
  const { item, printed } = await getItem('context#session-1');
  return { item, printed, bytes: Buffer.from(item.state?.B ?? []).toString('base64') };
}

/** An item, and what the AWS CLI would print of it. */
async function getItem(sortKey: string) {
  const Key = { pk: { S: 'agent#support' }, sk: { S: sortKey } };
  const { Item = {} } = await client.send(new GetItemCommand({ TableName: tableName, Key }));
  const printed = JSON.stringify({ Item }, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  );
  return { item: Item, printed };
}

/** The sort keys of all parts. */
async function listParts(): Promise<string[]> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: 'pk = :agent AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':agent': { S: 'agent#support' }, ':prefix': { S: 'part#' } },
      ProjectionExpression: 'sk',
    }),
  );
  return Items.map(({ sk }) => sk?.S ?? '');
}

/** Runs a command of the page, with the answer of the AWS CLI in its place. */
function follow(command: string | undefined, answer: string): Promise<string> {
  return runShell(`aws() { printf '%s\\n' "$ANSWER"; }\n${command}`, { ANSWER: answer });
}

async function runShell(script: string, env: NodeJS.ProcessEnv): Promise<string> {
  const options = { env: { PATH: process.env.PATH, ...env }, maxBuffer: 4 * 1024 * 1024 };
  return (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], options)).stdout;
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
      pattern: /a/,
      started: Object.assign(/a/g, { lastIndex: 1 }),
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

  it('shows a state over several items', async () => {
    const text = randomBytes(500_000).toString('base64');
    const { item, printed } = await store(createState(1, { metadata: { text, tags: new Set(['a']) } }));
    expect(item.state).toEqual({ NULL: true });
    const folder = await mkdtemp(join(tmpdir(), 'by-hand-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const names: [string][] = JSON.parse(item.parts?.S ?? '').current;
    expect(names.length).toBeGreaterThan(1);
    const parts = await listParts();
    expect(parts).toHaveLength(names.length);
    for (const sortKey of parts) await writeFile(join(folder, sortKey), (await getItem(sortKey)).printed);
    const read =
      'fs.readFileSync(path.join(process.env.FOLDER, JSON.parse(process.argv.at(-1)).sk.S), "utf8")';
    const aws = `aws() { node -p '${read}' -- "$@"; }`;
    // As this build has written it, and with a part of an earlier one.
    const [last = ''] = names.at(-1) ?? [];
    const earlier = last.replace('~', '.');
    const written = parts.find((sortKey) => sortKey.endsWith(last)) ?? '';
    for (const shown of [printed, printed.replaceAll(last, earlier)]) {
      await writeFile(join(folder, 'context#session-1'), shown);
      const { json, meta } = JSON.parse(await runShell(`${aws}\n${commands[3]}`, { FOLDER: folder }));
      expect(json).toMatchObject({ turnCount: 1, metadata: { text, tags: ['a'] } });
      expect(meta.values['metadata.tags']).toEqual(['set']);
      if (shown === printed) await rename(join(folder, written), join(folder, `part#${earlier}`));
    }
  });
});
