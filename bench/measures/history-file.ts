import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { InMemoryMessageStore } from '../../dist/adapters/memory/index.js';
import { RedisMessageStore } from '../../dist/adapters/redis/index.js';
import type { Message, MessageStore } from '../../dist/domain/message-store.js';
import { RedisServer } from '../../test/backends/redis-server.js';
import { compare } from '../compare.js';
import { createConversation, inTurn, messageSizes, newest } from '../conversations.js';
import type { Comparison, MeasureResult } from '../results.js';
import { FileOfLines } from '../rivals/file-of-lines.js';
import { MessageList } from '../rivals/message-list.js';

const rounds = { rounds: 21, roundMs: 60 };
const judged = ['ours in Redis', 'a list by hand'] as const;

/** A conversation to append to, and the same one to open. */
interface Keeper {
  readonly name: string;
  append(message: Message): Promise<unknown>;
  /** Reads the newest messages, as a process does that has seen nothing. */
  open(): Promise<unknown>;
}

export async function measureHistoryFile(): Promise<MeasureResult> {
  const folder = await mkdtemp(join(tmpdir(), 'history-'));
  const redis = await RedisServer.start();
  const client = new Redis(redis.url, { socketTimeout: 5_000 });
  const [appending, opening]: [Comparison[], Comparison[]] = [[], []];
  for (const { label, bytes } of messageSizes) {
    const messages = createConversation(bytes);
    // First what appends to all of them before it is timed: they are warm then.
    opening.push(await compareOpening(label, createKeepers(`${folder}/${bytes}-opened`, client), messages));
    appending.push(
      await compareAppending(label, createKeepers(`${folder}/${bytes}-appended`, client), messages),
    );
    await client.flushall();
  }
  client.disconnect();
  await redis.stop();
  await rm(folder, { recursive: true });
  const shared = { unit: 'ms', ratioOf: 'ours in Redis / a list by hand' };
  return {
    title: 'A conversation in memory, in a file and in Redis, time per call',
    about:
      "`append` of one message, and `getRecent` of the newest 50 of 400 by a store that has seen nothing, against a list of Redis by hand and a file of JSON lines. The file stands for core's file store, whose package is not in the registry, and whose form is therefore not known here: it is appended to without waiting for the disk, and opening reads all of it. It is gone with the machine, and of two processes that write it neither knows of the other.",
    tables: [
      { ...shared, title: 'Appending a message', comparisons: appending },
      {
        ...shared,
        title: 'Opening the newest 50 of 400',
        comparisons: opening,
        note: 'In memory there is no process that has seen nothing: the store that was appended to is read.',
      },
    ],
  };
}

function createKeepers(name: string, client: Redis): Keeper[] {
  const [file, list] = [new FileOfLines(name), new MessageList(client, name)];
  const createRedis = () => new RedisMessageStore({ agentId: name, client });
  const memory = new InMemoryMessageStore({ agentId: name });
  return [
    toKeeper('ours in memory', memory, () => memory),
    toKeeper('ours in Redis', createRedis(), createRedis),
    { name: 'a list by hand', append: (message) => list.append(message), open: () => list.open(newest) },
    { name: 'a file of lines', append: (message) => file.append(message), open: () => file.open(newest) },
  ];
}

function toKeeper(name: string, store: MessageStore, create: () => MessageStore): Keeper {
  return {
    name,
    append: (message) => store.append('session', message),
    open: () => create().getRecent('session', { maxMessages: newest }),
  };
}

function compareAppending(
  label: string,
  keepers: readonly Keeper[],
  messages: readonly Message[],
): Promise<Comparison> {
  const next = inTurn(messages);
  const contenders = keepers.map(({ name, append }) => ({ name, run: () => append(next()) }));
  return compare(label, contenders, judged, rounds);
}

async function compareOpening(
  label: string,
  keepers: readonly Keeper[],
  messages: readonly Message[],
): Promise<Comparison> {
  for (const { append } of keepers) for (const message of messages) await append(message);
  const contenders = keepers.map(({ name, open }) => ({ name, run: open }));
  return compare(label, contenders, judged, rounds);
}
