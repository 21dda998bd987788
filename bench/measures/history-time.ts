import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoDBMessageStore, type DynamoDBSender } from '../../dist/adapters/dynamodb/index.js';
import { createClient, createTable } from '../../test/backends/dynamodb-endpoint.js';
import type { Contender } from '../alternate.js';
import { compare } from '../compare.js';
import { createConversation, inTurn, messageSizes, newest } from '../conversations.js';
import { RecordedReads } from '../recorded-reads.js';
import type { Comparison, MeasureResult, Table } from '../results.js';
import { ItemPerMessage } from '../rivals/item-per-message.js';
import { type DynamoDBServer, startDynamoDBServers } from '../servers/dynamodb.js';

const rounds = { rounds: 21, roundMs: 150 };

const ratio = 'ours / by hand';

export async function measureHistoryTime(): Promise<MeasureResult> {
  const tables: Table[] = [];
  for (const server of await startDynamoDBServers()) {
    tables.push(...(await measureOn(server)));
    server.stop();
  }
  return {
    title: 'A conversation in DynamoDB, time per call',
    about:
      '`append` of one message, and `getRecent` of the newest 50 of 400 by a store that has seen nothing. By hand: an item per message, by a `PutCommand` without a condition and one consistent `QueryCommand`, through the same `DynamoDBDocumentClient`.',
    tables,
  };
}

async function measureOn({ name, url }: DynamoDBServer): Promise<Table[]> {
  const client = createClient(url);
  const [appending, opening]: [Comparison[], Comparison[]] = [[], []];
  for (const { label, bytes } of messageSizes) {
    const { ours, byHand, alone } = await createContenders(await createTable(client), client, bytes);
    appending.push(await compareWithHand(label, ours.append, byHand.append));
    const opened = await compareWithHand(label, ours.open, byHand.open, ...alone);
    opening.push({ ...opened, target: { atMost: 1.2 } });
  }
  client.destroy();
  return [
    { title: `Appending a message, on ${name}`, unit: 'ms', ratioOf: ratio, comparisons: appending },
    {
      title: `Opening the newest 50 of 400, on ${name}`,
      unit: 'ms',
      ratioOf: ratio,
      comparisons: opening,
      note: '"Our requests alone": the same `GetItem` requests by hand, the head first and then all parts at once, and nobody reads the answers. "Our code alone": the store with a client that has the answers already.',
    },
  ];
}

/** Two conversations of 400 messages in a table, and what is timed on them. */
async function createContenders(tableName: string, client: ReturnType<typeof createClient>, bytes: number) {
  const documentClient = DynamoDBDocumentClient.from(client);
  const create = (sender: DynamoDBSender) =>
    new DynamoDBMessageStore({ tableName, agentId: 'bench', documentClient: sender });
  const open = (sender: DynamoDBSender) => create(sender).getRecent('session', { maxMessages: newest });
  const [store, items] = [create(documentClient), new ItemPerMessage(documentClient, tableName)];
  const messages = createConversation(bytes);
  for (const message of messages)
    await Promise.all([store.append('session', message), items.append(message)]);
  const next = inTurn(messages);
  const opening = new RecordedReads(documentClient);
  await open(opening);
  const { replay } = opening;
  return {
    ours: {
      append: { name: 'ours', run: () => store.append('session', next()) },
      open: { name: 'ours', run: () => open(documentClient) },
    },
    byHand: {
      append: { name: 'by hand', run: () => items.append(next()) },
      open: { name: 'by hand', run: () => items.open(newest) },
    },
    alone: [
      { name: 'our requests alone', run: () => opening.repeat() },
      { name: 'our code alone', run: () => open(replay) },
    ],
  };
}

function compareWithHand(label: string, ...contenders: readonly Contender[]): Promise<Comparison> {
  return compare(label, contenders, ['ours', 'by hand'], rounds);
}
