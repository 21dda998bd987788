import { DynamoDBMessageStore } from '../../dist/adapters/dynamodb/index.js';
import type { Message } from '../../dist/domain/message-store.js';
import { CountingItems } from '../counting-items.js';
import type { Comparison, MeasureResult, Target } from '../results.js';
import { createText } from '../states.js';
import { exactly } from '../statistics.js';

const turns = 200;

/** The sizes of an item per message, a tenth of a kilobyte of which are names and keys; and what ours is to cost next to it. */
const sizes: readonly { readonly label: string; readonly bytes: number; readonly target?: Target }[] = [
  { label: '0.2 KB', bytes: 100 },
  { label: '1 KB', bytes: 900, target: { atMost: 4 } },
  { label: '4 KB', bytes: 3_900, target: { atMost: 1.2 } },
  { label: '20 KB', bytes: 19_900, target: { atMost: 1.2 } },
];

/** A conversation of 200 turns, each a question and an answer, appended one by one, and opened at its end. */
export async function measureHistory(): Promise<MeasureResult> {
  const runs = await Promise.all(sizes.map(run));
  const table = (title: string, unit: string, what: keyof Counted, withTarget = false) => ({
    title,
    unit,
    ratioOf: 'ours / an item per message',
    comparisons: runs.map(({ label, target, ours, byHand }) => ({
      ...toComparison(label, ours[what], byHand[what]),
      ...(withTarget && target !== undefined && { target }),
    })),
  });
  return {
    title: 'A conversation of 200 turns, in DynamoDB',
    about:
      '400 messages of one size, appended one by one to a table in the process that counts as DynamoDB bills; then the newest 50 are read by a process that has seen nothing. Beside it an item per message, written by hand and read by one Query: without conditions, retries that append once, atomic batches or compression.',
    tables: [
      table('Write units a message', 'write units', 'writeUnits', true),
      table('Requests to append a message', 'requests', 'requests'),
      table('KB stored', 'KB', 'storedKB'),
      table('Requests to open the newest 50', 'requests', 'opening'),
      table('Read units to open the newest 50', 'read units', 'openingUnits'),
    ],
  };
}

interface Counted {
  readonly writeUnits: number;
  readonly requests: number;
  readonly storedKB: number;
  readonly opening: number;
  readonly openingUnits: number;
}

async function run({ label, bytes, target }: (typeof sizes)[number]) {
  const messages = Array.from({ length: 2 * turns }, (_, index): Message => {
    const role = index % 2 === 0 ? 'user' : 'assistant';
    return { role, content: createText(bytes, index) };
  });
  return { label, target, ours: await countOurs(messages), byHand: await countByHand(messages) };
}

async function countOurs(messages: readonly Message[]): Promise<Counted> {
  const table = new CountingItems();
  const open = () => new DynamoDBMessageStore({ tableName: 't', agentId: 'bench', documentClient: table });
  const store = open();
  for (const message of messages) await store.append('session', message);
  return finish(table, messages.length, () => open().getRecent('session', { maxMessages: 50 }));
}

async function countByHand(messages: readonly Message[]): Promise<Counted> {
  const table = new CountingItems();
  messages.forEach(({ role, content }, index) => {
    table.put({
      pk: { S: 'agent#bench' },
      sk: { S: `message#session#${String(index).padStart(10, '0')}` },
      role: { S: role },
      content: { S: content },
      at: { S: new Date().toISOString() },
    });
  });
  return finish(table, messages.length, async () => table.queryNewest(50));
}

async function finish(table: CountingItems, count: number, read: () => Promise<unknown>): Promise<Counted> {
  const { writeUnits, requests, storedBytes } = table;
  table.reset();
  await read();
  return {
    writeUnits: writeUnits / count,
    requests: requests / count,
    storedKB: storedBytes / 1_000,
    opening: table.requests,
    openingUnits: table.readUnits,
  };
}

function toComparison(label: string, ours: number, byHand: number): Comparison {
  return {
    label,
    values: { ours: exactly(ours), 'an item per message': exactly(byHand) },
    ratio: exactly(ours / byHand),
  };
}
