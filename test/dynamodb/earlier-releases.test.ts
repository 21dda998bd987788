import { readFileSync } from 'node:fs';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { createState } from '../../src/testing/fixtures.js';
import { type Item, TestTable } from './table.js';

const table = TestTable.use();
const items: Record<string, Item> = JSON.parse(
  readFileSync(new URL('./earlier-items.json', import.meta.url), 'utf8'),
);
const pendingInput = {
  inputId: 'in-1',
  toolCallId: 'call-1',
  toolName: 'request_input',
  toolArguments: { question: 'Which city?' },
  taskId: 'task-9',
  inputType: 'data',
  prompt: 'Which city?',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  isLlmRequest: true,
};
const dates = {
  createdAt: new Date('2026-05-01T08:00:00.000Z'),
  lastActivity: new Date('2026-05-02T10:00:00.000Z'),
};
const waiting = { status: 'waiting-input', turnCount: 3, ...dates, pendingToolInputs: [pendingInput] };

describe('an item of an earlier release', () => {
  it('of the first one loads, with its question', async () => {
    await table.writeItem(items['first-release-waiting-input'] ?? {});
    expect(await table.open().load('session')).toStrictEqual(waiting);
  });

  it('of a later one loads, with its metadata', async () => {
    await table.writeItem(items['later-release-idle'] ?? {});
    expect(await table.open({ ttlAttributeName: 'expires' }).load('session')).toStrictEqual({
      status: 'idle',
      turnCount: 3,
      ...dates,
      metadata: {
        flags: ['a', 'b'],
        score: 0.25,
        nested: { depth: { ok: true } },
        tenant: 'acme',
        nothing: null,
      },
    });
  });

  it('expires where its attribute is the configured one, and nowhere else', async () => {
    await table.writeItem(items['later-release-waiting-input-with-expiry'] ?? {});
    const now = () => 4_102_444_800_000;
    expect(await table.open({ now }).load('session')).toStrictEqual(waiting);
    expect(await table.open({ now, ttlAttributeName: 'expires' }).load('session')).toBe(null);
  });

  it.each(Object.keys(items))(
    'takes part in revisions once it has been loaded and saved: %s',
    async (name) => {
      await table.writeItem(items[name] ?? {});
      const options = { ttlAttributeName: 'expires' };
      const [ours, theirs, unseen] = [table.open(options), table.open(options), table.open(options)];
      await expect(unseen.save('session', createState(4))).rejects.toMatchObject({ code: 'CONFLICT' });
      await ours.load('session');
      await theirs.load('session');
      await ours.save('session', createState(4));
      await expect(theirs.save('session', createState(4))).rejects.toMatchObject({ code: 'CONFLICT' });
      expect((await theirs.load('session'))?.turnCount).toBe(4);
      await theirs.save('session', createState(5));
      await expect(ours.save('session', createState(5))).rejects.toMatchObject({ code: 'CONFLICT' });
    },
  );

  it.each(Object.keys(items))(
    'is not overwritten where an earlier release wrote in between: %s',
    async (name) => {
      const item = items[name] ?? {};
      await table.writeItem(item);
      const ours = table.open();
      await ours.load('session');
      await table.writeItem({ ...item, updatedAt: { S: '2026-06-01T00:00:00.000Z' } });
      await expect(ours.save('session', createState(4))).rejects.toMatchObject({ code: 'CONFLICT' });
      await ours.load('session');
      await ours.save('session', createState(4));
      await table.writeItem(item);
      await expect(ours.save('session', createState(5))).rejects.toMatchObject({ code: 'CONFLICT' });
    },
  );

  it('without the time of its last write is replaced only while it has none', async () => {
    const { updatedAt: _, ...item } = items['first-release-waiting-input'] ?? {};
    await table.writeItem(item);
    const [ours, theirs] = [table.open(), table.open()];
    await ours.load('session');
    await theirs.load('session');
    await ours.save('session', createState(4));
    await expect(theirs.save('session', createState(4))).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('without a readable date is corrupted', async () => {
    await table.writeItem({
      state: {
        M: {
          status: { S: 'idle' },
          turnCount: { N: '1' },
          createdAt: { S: 'soon' },
          lastActivity: { N: '1' },
        },
      },
    });
    await expect(table.open().load('session')).rejects.toMatchObject({ code: 'CORRUPTED' });
  });
});

describe('an item of this release', () => {
  it('is plain JSON with ISO dates to code that knows nothing of notes', async () => {
    await table.open().save(
      'session',
      createState(3, {
        pendingToolInputs: undefined,
        metadata: { when: new Date(0), tags: new Set(['a']), counts: new Map([['a', 1]]), big: 12n },
      }),
    );
    const reader = DynamoDBDocumentClient.from(table.client);
    const Key = { pk: `agent#${table.agentId}`, sk: 'context#session' };
    const { Item } = await reader.send(new GetCommand({ TableName: table.tableName, Key }));
    expect(Item?.state).toStrictEqual({
      status: 'idle',
      turnCount: 3,
      createdAt: '2026-05-01T08:00:00.000Z',
      lastActivity: '2026-05-02T10:00:00.123Z',
      metadata: { when: '1970-01-01T00:00:00.000Z', tags: ['a'], counts: [['a', 1]], big: '12' },
    });
  });

  it('has no notes where its only dates are those that every state has', async () => {
    const { pendingToolInputs: _, pendingAuthRequests: __, ...state } = createState(1);
    await table.open({ ttlSeconds: 60, now: () => 1_800_000_000_001 }).save('session', state);
    expect(await table.readItem()).toStrictEqual({
      ...table.key(),
      entityType: { S: 'agent-state' },
      state: {
        M: {
          status: { S: 'idle' },
          turnCount: { N: '1' },
          createdAt: { S: '2026-05-01T08:00:00.000Z' },
          lastActivity: { S: '2026-05-02T10:00:00.123Z' },
        },
      },
      updatedAt: { S: '2027-01-15T08:00:00.001Z' },
      revision: { S: expect.stringMatching(/^[\w-]{22}$/) },
      ttl: { N: '1800000061' },
    });
  });
});
