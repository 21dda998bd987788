import { type DynamoDBClient, type PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DynamoDBTurnStore, type DynamoDBTurnStoreOptions } from '../../src/adapters/dynamodb/index.js';
import type { HeldTurn, LoggedEvent, LogItem } from '../../src/domain/turn-store.js';
import {
  assertLog,
  begin,
  done,
  eager,
  number,
  quiet,
  readAll,
  say,
  until,
} from '../../src/testing/turns/fixtures.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';

const idempotency = { key: 'key-1', hash: 'of a body' };
const begun = Date.parse('2026-05-01T08:00:00.000Z');
const revision = { S: expect.stringMatching(/^[\w-]{22}$/) };

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

function open(agentId: string, options: Partial<DynamoDBTurnStoreOptions> = {}) {
  return new DynamoDBTurnStore({ tableName, agentId, documentClient: client, ...quiet, ...options });
}

/** A store that tells of every request: what is done, and to the item of which kind. */
function openCounted(agentId: string, options: Partial<DynamoDBTurnStoreOptions> = {}) {
  const requests: string[] = [];
  const send = (command: PutItemCommand) => {
    const { Key, Item = Key } = Object(command.input);
    const [kind = ''] = String(Item?.sk?.S).split('#');
    requests.push(`${command.constructor.name.replace('Command', '')} ${kind}`);
    return client.send(command);
  };
  const store = open(agentId, { documentClient: { send }, ...options });
  return { store, take: () => requests.splice(0) };
}

async function readItems(agentId: string) {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `agent#${agentId}` } },
    }),
  );
  return Object.fromEntries(Items.map(({ pk: _, sk, ...item }) => [sk?.S, item]));
}

async function logAndWait(store: DynamoDBTurnStore, turn: HeldTurn, event: LoggedEvent, after: number) {
  turn.log(event);
  for await (const _ of store.read('session-1', turn.turn, after)) break;
}

describe('the items of a turn', () => {
  it('can be read by hand', async () => {
    const store = open('by-hand', { now: () => begun });
    expect(await store.claim('session-1', 'ann')).toBe(true);
    const turn = await begin(store, 'turn-1', idempotency);
    turn.log(say('Hello'));
    turn.useTokens(21);
    await turn.end(done);
    const common = { updatedAt: { S: '2026-05-01T08:00:00.000Z' }, revision };
    const seconds = begun / 1_000;
    expect(await readItems('by-hand')).toEqual({
      'lease#session-1': {
        ...common,
        entityType: { S: 'agent-turn-lease' },
        fencingToken: { N: String(turn.fencingToken) },
        ttl: { N: String(seconds + quiet.leaseSeconds + 7 * 86_400) },
        state: {
          M: {
            v: { N: '1' },
            turn: { S: 'turn-1' },
            holder: { S: 'a test' },
            since: { N: String(begun) },
            until: { N: String(begun + quiet.leaseSeconds * 1_000) },
            turns: { N: '1' },
            tokens: { N: '21' },
            chunks: { N: '1' },
            key: { S: 'key-1' },
            hash: { S: 'of a body' },
            released: { BOOL: true },
          },
        },
      },
      'event#session-1#turn-1-0': {
        ...common,
        entityType: { S: 'agent-turn-events' },
        ttl: { N: String(seconds + 86_400 + 60) },
        state: {
          M: {
            v: { N: '1' },
            first: { N: '1' },
            events: {
              L: [say('Hello'), done].map(({ kind, data }) => ({ L: [{ S: kind }, { S: data }] })),
            },
            end: { BOOL: true },
          },
        },
      },
      'request#session-1#vil0VGl443OebW2oXEvp8w': {
        ...common,
        entityType: { S: 'agent-turn-request' },
        ttl: { N: String(seconds + 86_400) },
        state: { M: { v: { N: '1' }, turn: { S: 'turn-1' }, hash: { S: 'of a body' } } },
      },
      'owner#session-1': {
        ...common,
        entityType: { S: 'agent-session-owner' },
        state: { M: { v: { N: '1' }, owner: { S: 'ann' } } },
      },
    });
  });

  it('name the turn that was cancelled, and say what is no longer held', async () => {
    const store = open('marks', {
      now: () => begun,
      ...eager,
      renewSeconds: 200,
      flushBytes: 1,
      maxLogEvents: 1,
    });
    const turn = await begin(store, 'turn-1');
    await logAndWait(store, turn, say(1), 0);
    await logAndWait(store, turn, say(2), 1);
    const cancelled = store.cancel('session-1');
    await until(
      async () => (await readItems('marks'))['lease#session-1']?.state?.M?.cancelled?.BOOL === true,
    );
    await turn.end(done);
    expect(await cancelled).toBe(true);
    const items = await readItems('marks');
    expect(items['event#session-1#turn-1-0']).toMatchObject({
      state: { M: { v: { N: '1' }, first: { N: '1' }, lost: { N: '1' } } },
      ttl: { N: String(begun / 1_000 + 3_600) },
    });
  });

  it('hold an event that no item can in parts, which expire a day later', async () => {
    const store = open('parts', { now: () => begun });
    const turn = await begin(store, 'turn-1');
    const large = say(Array.from({ length: 200_000 }, (_, index) => `${index * 7_919}`).join(' '));
    turn.log(large);
    await turn.end(done);
    const items = await readItems('parts');
    const parts = Object.entries(items).filter(([sort]) => sort.startsWith('part#'));
    expect(parts.length).toBeGreaterThan(1);
    for (const [, item] of parts)
      expect(item).toMatchObject({
        entityType: { S: 'agent-turn-events-part' },
        ttl: { N: String(begun / 1_000 + 3_600 + 86_400) },
      });
    expect(items['event#session-1#turn-1-0']).toMatchObject({ parts: { S: expect.any(String) } });
    await assertLog(store, 'turn-1', [large, done]);
  });

  it('hold what is too large for an item as a gap if there are to be no parts', async () => {
    const store = open('no-parts', { compression: 'off' });
    const turn = await begin(store, 'turn-1');
    const events = [say('one'), say('x'.repeat(500_000)), say('three')];
    for (const event of events) turn.log(event);
    await turn.end(done);
    expect(await readAll(store, 'turn-1')).toEqual([
      ...number(events.slice(0, 1)),
      { lost: { from: 2, to: 2 } } satisfies LogItem,
      ...number([say('three'), done], 3),
    ]);
    const ending = await begin(store, 'turn-2');
    const end = say('y'.repeat(500_000));
    expect(await ending.end(end)).toEqual({ ...end, number: 1 });
    expect(await readAll(store, 'turn-2')).toEqual([{ lost: { from: 1, to: 1 } }]);
    expect(await readAll(store, 'turn-2', 1)).toEqual([]);
  });
});

describe('the requests of a turn', () => {
  it('are one to look, two writes for the lease and one for the end', async () => {
    const { store, take } = openCounted('plain');
    const turn = await begin(store, 'turn-1');
    expect(take()).toEqual(['GetItem lease', 'PutItem lease']);
    for (let index = 0; index < 100; index++) turn.log(say(index));
    await turn.end(done);
    expect(take()).toEqual(['PutItem event', 'PutItem lease']);
  });

  it('are two more for a key: one to look, and one to write', async () => {
    const { store, take } = openCounted('key');
    const turn = await begin(store, 'turn-1', idempotency);
    expect(take()).toEqual(['GetItem request', 'GetItem lease', 'PutItem lease', 'PutItem request']);
    await turn.end(done);
    expect(take()).toEqual(['PutItem event', 'PutItem lease']);
  });

  it('are one for each part of the log that is written in between', async () => {
    const { store, take } = openCounted('flushes', { flushBytes: 1 });
    const reader = open('flushes', eager);
    const turn = await begin(store, 'turn-1');
    take();
    for (let index = 0; index < 5; index++) await logAndWait(reader, turn, say(index), index);
    await turn.end(done);
    expect(take()).toEqual([...Array(6).fill('PutItem event'), 'PutItem lease']);
  });

  it('are one for each renewal', async () => {
    const { store, take } = openCounted('renewals', { renewSeconds: 0.02 });
    const turn = await begin(store, 'turn-1');
    take();
    const renewals: string[] = [];
    await until(async () => renewals.push(...take()) >= 5);
    await turn.end(done);
    renewals.push(...take());
    expect(renewals.filter((request) => request !== 'PutItem event')).toEqual(
      Array(renewals.length - 1).fill('PutItem lease'),
    );
  });

  it('are one read for each part of a log that somebody hears', async () => {
    const { store, take } = openCounted('reads');
    const turn = await begin(store, 'turn-1');
    turn.log(say('one'));
    await turn.end(done);
    take();
    await assertLog(store, 'turn-1', [say('one'), done]);
    expect(take()).toEqual(['GetItem event']);
  });

  it('are one or two for an owner', async () => {
    const { store, take } = openCounted('owners');
    await store.claim('session-1', 'ann');
    expect(take()).toEqual(['GetItem owner', 'PutItem owner']);
    await store.claim('session-1', 'ann');
    await store.owner('session-1');
    await store.disown('session-1');
    expect(take()).toEqual(['GetItem owner', 'GetItem owner', 'DeleteItem owner']);
  });

  it('need no permission but those for one item, except for a list', async () => {
    const { store, take } = openCounted('lists');
    const turn = await begin(store, 'turn-1', idempotency);
    await store.runningTurn('session-1');
    await turn.abandon();
    expect(new Set(take().map((request) => request.split(' ')[0]))).toEqual(
      new Set(['GetItem', 'PutItem', 'DeleteItem']),
    );
    await store.listRunningTurns();
    expect(take()[0]).toMatch(/^Query/);
  });

  it('say which permission is missing for a list', async () => {
    const send = () =>
      Promise.reject(Object.assign(new Error('Not authorized.'), { name: 'AccessDeniedException' }));
    const store = open('denied', { documentClient: { send } });
    await expect(store.listRunningTurns()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('dynamodb:Query'),
    });
  });
});
