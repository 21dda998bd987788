import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import superjson from 'superjson';
import { DynamoDBAgentStore, type DynamoDBSender } from '../../dist/adapters/dynamodb/index.js';
import type { AgentState } from '../../dist/domain/agent-state.js';
import { createClient, createTable } from '../../test/backends/dynamodb-endpoint.js';
import type { Contender } from '../alternate.js';
import { createDynamoDBAtOnce } from '../clients-at-once.js';
import { compare } from '../compare.js';
import { isQuick } from '../quick.js';
import type { Comparison, MeasureResult, Table } from '../results.js';
import { createConditionalItem } from '../rivals/conditional-item.js';
import { type DynamoDBServer, startDynamoDBServers } from '../servers/dynamodb.js';
import { createPlainState, createRichState, sizes } from '../states.js';

/**
 * Short ones: what is compared within a round should find the machine at one speed. And many: a ratio differs from round to round by a
 * tenth and more, and with 84 of them their median by 0.03 from run to run.
 */
const rounds = { rounds: isQuick ? 100 : 252, roundMs: 25 };
const warmUpCalls = 3_000;

export async function measureDynamoDB(): Promise<MeasureResult> {
  const tables: Table[] = [];
  for (const server of await startDynamoDBServers()) {
    tables.push(...(await measureOn(server)));
    server.stop();
  }
  return {
    title: 'DynamoDB, time per call',
    about:
      '`save` and `load` of one session against a `PutCommand` and a consistent `GetCommand` written by hand, through the same `DynamoDBDocumentClient`. The saves of the store carry their revision and its condition; those by hand do so "with the condition", or overwrite whatever is there. "Our code alone" is the store with a client that answers at once. Each has been called 3,000 times before.',
    tables,
  };
}

async function measureOn({ name, url }: DynamoDBServer): Promise<Table[]> {
  const client = createClient(url);
  const tableName = await createTable(client);
  const documentClient = DynamoDBDocumentClient.from(client);
  const plain: Comparison[] = [];
  const rich: Comparison[] = [];
  for (const { label, bytes } of sizes) {
    const state = createPlainState(bytes);
    const dated = JSON.parse(JSON.stringify(state));
    const byHand = createByHand(documentClient, tableName, () => dated);
    const withCondition = {
      name: 'with the condition',
      run: createConditionalItem(documentClient, tableName, dated),
    };
    const alone = await createContender('our code alone', tableName, createDynamoDBAtOnce(), state);
    plain.push({
      ...(await compareSaves(label, documentClient, tableName, state, [withCondition, alone, byHand])),
      target: { atMost: 1.05 },
    });
    if (isQuick) continue;
    const richState = createRichState(bytes);
    const asText = createByHand(documentClient, tableName, () => superjson.stringify(richState));
    const restored = { ...asText, run: async () => superjson.parse(String(await asText.run())) };
    rich.push(await compareSaves(label, documentClient, tableName, richState, [restored]));
  }
  client.destroy();
  return [
    {
      title: `Plain states, on ${name}: one save and one load`,
      unit: 'ms',
      ratioOf: 'ours / with the condition',
      comparisons: plain,
      note: 'By hand: the state as a native map, its dates already made text.',
    },
    {
      title: `Rich states, on ${name}: one save and one load`,
      unit: 'ms',
      ratioOf: 'ours / by hand',
      comparisons: rich,
      note: 'By hand: the text of `superjson.stringify`, since the client refuses or loses rich types.',
    },
  ];
}

async function compareSaves(
  label: string,
  documentClient: DynamoDBDocumentClient,
  tableName: string,
  state: AgentState,
  rivals: readonly [against: Contender, ...others: Contender[]],
): Promise<Comparison> {
  const ours = await createContender('ours', tableName, documentClient, state);
  const contenders = [ours, ...rivals];
  const isFirst = label === sizes[0]?.label;
  return compare(label, contenders, ['ours', rivals[0].name], { ...rounds, ...(isFirst && { warmUpCalls }) });
}

async function createContender(
  name: string,
  tableName: string,
  documentClient: DynamoDBSender,
  state: AgentState,
): Promise<Contender> {
  const store = new DynamoDBAgentStore({ tableName, agentId: 'bench', documentClient });
  await store.load('session');
  return {
    name,
    run: async () => {
      await store.save('session', state);
      await store.load('session');
    },
  };
}

function createByHand(client: DynamoDBDocumentClient, TableName: string, encode: () => unknown) {
  const Key = { pk: 'by-hand', sk: 'session' };
  return {
    name: 'by hand',
    run: async () => {
      const updatedAt = new Date().toISOString();
      const Item = { ...Key, entityType: 'agent-state', updatedAt, state: encode() };
      await client.send(new PutCommand({ TableName, Item }));
      const output = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      return output.Item?.state;
    },
  };
}
