import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { DynamoDBMessageStore } from '../../dist/adapters/dynamodb/index.js';
import type { Message } from '../../dist/domain/message-store.js';
import {
  type CreateContent,
  createNoise,
  createTurn,
  messageSizes,
  newest,
  turns,
} from '../conversations.js';
import { CountingItems } from '../counting-items.js';
import type { Comparison, MeasureResult, Table, Target } from '../results.js';
import { toMessageItem } from '../rivals/item-per-message.js';
import { SnapshotPerTurn, SnapshotTooLarge } from '../rivals/snapshot-per-turn.js';
import { exactly } from '../statistics.js';

/** What a turn may cost here next to an item per message, by the size of a message. */
const targets: Readonly<Record<string, Target>> = {
  '1 KB': { atMost: 4 },
  '4 KB': { atMost: 1.2 },
  '20 KB': { atMost: 1.2 },
};

interface Conversation {
  readonly label: string;
  readonly bytes: number;
  readonly createContent?: CreateContent;
}

/** Prose of each size, and what can hardly be compressed. */
const conversations: readonly Conversation[] = [
  ...messageSizes,
  { label: '1 KB, random', bytes: 900, createContent: createNoise },
  { label: '4 KB, random', bytes: 3_900, createContent: createNoise },
];

/** What keeps a conversation in a table. */
interface Keeper {
  keepTurn(messages: readonly Message[]): unknown;
  /** Reads the newest messages, as a process does that has seen nothing. */
  open(): unknown;
}

const keepers: Readonly<Record<string, (table: CountingItems) => Keeper>> = {
  ours: createOurs,
  'an item per message': createItems,
  'a snapshot a turn': (table) => new SnapshotPerTurn(table),
};

const snapshotNote =
  'A snapshot a turn is the shape of [`strands-dynamodb-storage`](https://github.com/aws/strands-dynamodb-storage) under the session manager of Strands Agents, with the defaults of both, in code of our own: after each turn ([`saveLatestOn`](https://strandsagents.com/docs/api/typescript/SaveLatestStrategy/)) one item is put anew that holds the agent and its [newest 40 messages](https://strandsagents.com/docs/api/typescript/SlidingWindowConversationManagerConfig/) as JSON, uncompressed and without a condition. Older messages are gone, and a turn that is cut off is lost as a whole. Over 380,000 bytes it needs a bucket in S3, so with messages of 20 KB it ends at the tenth turn. It holds the state of the agent too, which here is another item, and costs [two writes a turn](#what-a-turn-costs-in-dynamodb) more.';

/** A conversation, message by message, and opened at its end. */
export async function measureHistory(): Promise<MeasureResult> {
  const runs = await Promise.all(conversations.map(countAll));
  const table = (title: string, unit: string, what: keyof Counted, more: Partial<Table> = {}): Table => ({
    title,
    unit,
    ratioOf: 'ours / an item per message',
    comparisons: runs.map(({ label, counted }) => compare(label, counted, what)),
    ...more,
  });
  const units = table('Write units a turn', 'write units', 'writeUnits', { note: snapshotNote });
  const judged = units.comparisons.map((each) => {
    const target = targets[each.label];
    return target === undefined ? each : { ...each, target };
  });
  return {
    title: 'A conversation of 200 turns, in DynamoDB',
    about:
      'A turn is a question and an answer of one size, appended one by one as they come, to a table in the process that counts as DynamoDB bills; then the newest 50 are read by a process that has seen nothing. Beside it an item per message, written by hand and read by one consistent Query: without conditions, retries that append once, atomic batches or compression. The messages are prose that repeats nothing of those before it; the random ones are letters that nothing can make much smaller.',
    tables: [
      { ...units, comparisons: judged },
      table('Requests a turn', 'requests', 'requests'),
      table('KB sent a turn', 'KB of items', 'sentKB'),
      table('KB stored after 200 turns', 'KB', 'storedKB'),
      table('Requests to open the newest 50', 'requests', 'opening'),
      table('Read units to open the newest 50', 'read units', 'openingUnits', {
        note: 'The snapshot is read eventually consistent, at half the price, and holds 40.',
      }),
      table('KB read to open the newest 50', 'KB of items', 'openingKB'),
    ],
  };
}

interface Counted {
  readonly writeUnits: number;
  readonly requests: number;
  readonly sentKB: number;
  readonly storedKB: number;
  readonly opening: number;
  readonly openingUnits: number;
  readonly openingKB: number;
}

async function countAll(conversation: Conversation) {
  const counted = new Map<string, Counted>();
  for (const [name, create] of Object.entries(keepers)) {
    const table = new CountingItems();
    const found = await count(table, create(table), conversation).catch(ignoreTooLarge);
    if (found !== undefined) counted.set(name, found);
  }
  return { label: conversation.label, counted };
}

async function count(table: CountingItems, keeper: Keeper, conversation: Conversation): Promise<Counted> {
  const { bytes, createContent } = conversation;
  for (let turn = 0; turn < turns; turn++) await keeper.keepTurn(createTurn(bytes, turn, createContent));
  const { writeUnits, requests, bytes: sent, storedBytes } = table;
  table.reset();
  await keeper.open();
  return {
    writeUnits: writeUnits / turns,
    requests: requests / turns,
    sentKB: sent / turns / 1_000,
    storedKB: storedBytes / 1_000,
    opening: table.requests,
    openingUnits: table.readUnits,
    openingKB: table.bytes / 1_000,
  };
}

function ignoreTooLarge(error: unknown): undefined {
  if (!(error instanceof SnapshotTooLarge)) throw error;
}

function createOurs(table: CountingItems): Keeper {
  const create = () => new DynamoDBMessageStore({ tableName: 't', agentId: 'bench', documentClient: table });
  const store = create();
  return {
    keepTurn: async (messages) => {
      for (const message of messages) await store.append('session', message);
    },
    open: () => create().getRecent('session', { maxMessages: newest }),
  };
}

function createItems(table: CountingItems): Keeper {
  let count = 0;
  return {
    keepTurn: async (messages) => {
      for (const message of messages) {
        const Item = marshall(toMessageItem(message, count++));
        await table.send(new PutItemCommand({ TableName: 't', Item }));
      }
    },
    open: () => table.queryNewest(newest),
  };
}

function compare(label: string, counted: ReadonlyMap<string, Counted>, what: keyof Counted): Comparison {
  const values = [...counted].map(([name, found]) => [name, exactly(found[what])]);
  const [ours, byHand] = [counted.get('ours'), counted.get('an item per message')];
  if (ours === undefined || byHand === undefined) throw new Error('Nothing was counted.');
  return { label, values: Object.fromEntries(values), ratio: exactly(ours[what] / byHand[what]) };
}
