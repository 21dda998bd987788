/**
 * Runs many sessions over several server processes on one database while callers leave, come back, ask twice and cancel, stores
 * fail, answers are lost and processes are killed; and then compares what was heard with what is stored.
 *
 * `npm run soak -- [--minutes 3] [--backend dynamodb|redis] [--break no-turn-store]`
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CreateTableCommand, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { startDynamoDBServers } from '../../bench/servers/dynamodb.js';
import { RedisServer } from '../../test/backends/redis-server.js';
import { createClient, openStores, tableName } from './backends.js';
import { call, cancel } from './caller.js';
import { Fleet } from './fleet.js';
import { Ledger } from './ledger.js';
import { writePrompt } from './soak-agent.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    sessions: { type: 'string', default: '200' },
    backend: { type: 'string', default: 'both' },
    break: { type: 'string', default: '' },
  },
});
const servers = 4;
const killEveryMs = 8_000;
/** The part of a run at its end in which nothing fails and nobody is killed. */
const calmPart = 0.25;
/** What the heap may grow by while as much goes on as before. */
const growth = { factor: 1.5, megabytes: 20 };

interface Pace {
  readonly restMs: number;
  readonly until: number;
}

interface Database {
  readonly url: string;
  stop(): Promise<unknown>;
}

/** Each with how long a session rests at most between two turns: so much as the database of a small machine can take. */
const backends = {
  dynamodb: { start: startDynamoDB, restMs: 20_000 },
  redis: { start: startRedis, restMs: 200 },
};
let isClean = true;
for (const [name, { start, restMs }] of Object.entries(backends)) {
  if (values.backend !== 'both' && values.backend !== name) continue;
  const database = await start();
  try {
    isClean = (await soak(name, database.url, restMs)) && isClean;
  } finally {
    await database.stop();
  }
}
process.exit(isClean ? 0 : 1);

async function soak(name: string, url: string, restMs: number): Promise<boolean> {
  const durationMs = Number(values.minutes) * 60_000;
  const startedAt = Date.now();
  const ledger = new Ledger();
  const fleet = await Fleet.start(servers, url, values.break);
  const stores = openStores(url);
  try {
    const sessions = Array.from({ length: Number(values.sessions) }, (_, index) => `session-${index}`);
    const progress = setInterval(() => {
      const seconds = Math.round((Date.now() - startedAt) / 1_000);
      print(`${name} ${seconds} s: ${describe(ledger)}, ${fleet.kills} kills`);
    }, 5_000);
    const roughUntil = startedAt + durationMs * (1 - calmPart);
    const killing = killInTurn(fleet, roughUntil);
    await Promise.all(
      sessions.map((session) => converse(fleet, ledger, session, { restMs, until: roughUntil })),
    );
    await killing;
    fleet.calm();
    const calmUntil = startedAt + durationMs;
    const half = (Date.now() + calmUntil) / 2;
    await Promise.all(sessions.map((session) => converse(fleet, ledger, session, { restMs, until: half })));
    const before = await fleet.heaps();
    await Promise.all(
      sessions.map((session) => converse(fleet, ledger, session, { restMs, until: calmUntil })),
    );
    const after = await fleet.heaps();
    clearInterval(progress);
    // Whatever happened before, each session can be used.
    for (const session of sessions) {
      const prompt = {
        session,
        id: `${session}-last`,
        text: writePrompt(`${session}-last`, 1, 0),
        key: 'last',
      };
      const outcome = await call(fleet, ledger, prompt, () => Number.POSITIVE_INFINITY);
      if (outcome !== 'complete') ledger.note(`${session} does not run any more: ${outcome}`);
      ledger.end(session, prompt.id, outcome);
      await ledger.check(stores, session);
    }
    after.forEach((heap, index) => {
      const allowed = (before[index] ?? 0) * growth.factor + growth.megabytes;
      if (heap > allowed) ledger.note(`the heap has grown from ${before[index]} MB to ${heap} MB`);
    });
    for (const error of fleet.unhandled) ledger.note(`a server has an unhandled rejection: ${error}`);
    report(name, ledger, fleet, { before, after });
    return ledger.violations.length === 0;
  } finally {
    await fleet.stop();
    await Promise.all(Object.values(stores).map((store) => store.close?.()));
  }
}

/** Asks for one turn after another: some twice, some from a caller that leaves, some only to cancel them. */
async function converse(
  fleet: Fleet,
  ledger: Ledger,
  session: string,
  { restMs, until }: Pace,
): Promise<void> {
  while (Date.now() < until) {
    await wait(Math.min(Math.random() * restMs, Math.max(until - Date.now(), 0)));
    const id = crypto.randomUUID().slice(0, 8);
    const text = writePrompt(id, Math.ceil(Math.random() * 20), Math.random() * 60);
    const hasKey = Math.random() < 0.8;
    const prompt = { session, id, text, ...(hasKey && { key: id }) };
    const leaves = () => (Math.random() < 0.4 ? Math.ceil(Math.random() * 8) : Number.POSITIVE_INFINITY);
    const calls = [call(fleet, ledger, prompt, leaves)];
    if (hasKey && Math.random() < 0.3) calls.push(call(fleet, ledger, prompt, leaves));
    if (Math.random() < 0.1) void wait(Math.random() * 400).then(() => cancel(fleet, session));
    for (const outcome of await Promise.all(calls)) ledger.end(session, id, outcome);
  }
}

async function killInTurn(fleet: Fleet, until: number): Promise<void> {
  while (Date.now() + killEveryMs < until) {
    await wait(killEveryMs);
    await fleet.killOne();
  }
}

function describe({ outcomes, events, violations }: Ledger): string {
  const turns = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return `${turns.join(', ')}, ${events} events, ${violations.length} violations`;
}

function report(
  name: string,
  ledger: Ledger,
  fleet: Fleet,
  heaps: { before: number[]; after: number[] },
): void {
  print(`\n${name}`);
  const counts = { ...ledger.outcomes, events: ledger.events, kills: fleet.kills };
  for (const [what, count] of Object.entries(counts)) print(`${String(count).padStart(10)}  ${what}`);
  print(`${String(ledger.violations.length).padStart(10)}  violations`);
  const round = (list: number[]) => list.map((heap) => Math.round(heap)).join(', ');
  print(`heaps in MB: ${round(heaps.before)}, later ${round(heaps.after)}`);
  for (const violation of ledger.violations.slice(0, 50)) print(`- ${violation}`);
}

async function startRedis(): Promise<Database> {
  const server = await RedisServer.start();
  return { url: server.url, stop: () => server.stop() };
}

async function startDynamoDB(): Promise<Database> {
  const [dynalite] = await startDynamoDBServers();
  const endpoint = process.env.DYNAMODB_ENDPOINT ?? dynalite?.url ?? '';
  const client = createClient(endpoint);
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName: tableName });
  return { url: `dynamodb:${endpoint}`, stop: async () => dynalite?.stop() };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
