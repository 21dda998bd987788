import { randomBytes } from 'node:crypto';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { DynamoDBAgentStoreOptions } from '../../src/adapters/dynamodb/index.js';
import { isAgentStoreError } from '../../src/domain/errors.js';
import { createState } from '../../src/testing/fixtures.js';
import { TestTable } from './table.js';

const table = TestTable.use();

async function storedItem(): Promise<Record<string, unknown>> {
  const input = { TableName: table.tableName, Key: table.key(), ConsistentRead: true };
  const { Item = {} } = await table.client.send(new GetItemCommand(input));
  return Item;
}

function open(attributes: () => unknown, options: Partial<DynamoDBAgentStoreOptions> = {}) {
  return table.open({ ...options, attributes: attributes as DynamoDBAgentStoreOptions['attributes'] });
}

describe('attributes of the user’s own', () => {
  it('are beside each save, made of the state as it was at the call', async () => {
    const store = table.open({
      attributes: ({ metadata = {}, turnCount, status }, { agentId, contextId }) => ({
        gsi1pk: `tenant#${String(metadata.tenant)}`,
        gsi1sk: turnCount,
        isIdle: status === 'idle',
        nothing: null,
        tags: ['a', { agentId, contextId }],
        left: undefined,
        constructor: 'as a name',
      }),
    });
    const state = createState(1, { metadata: { tenant: 'one' } });
    const saved = store.save('session', state);
    state.metadata = { tenant: 'two' };
    state.turnCount = 9;
    await saved;
    const item = await storedItem();
    expect(item).toMatchObject({
      gsi1pk: { S: 'tenant#one' },
      gsi1sk: { N: '1' },
      isIdle: { BOOL: true },
      nothing: { NULL: true },
      tags: { L: [{ S: 'a' }, { M: { agentId: { S: table.agentId }, contextId: { S: 'session' } } }] },
      constructor: { S: 'as a name' },
    });
    expect(item).not.toHaveProperty('left');
    expect((await table.open().load('session'))?.metadata).toEqual({ tenant: 'one' });
  });

  it('replace those of earlier saves and of other writers', async () => {
    const store = open(() => ({ tag: 'new' }));
    await store.save('session', createState(1));
    const item = await storedItem();
    const Item = { ...item, other: { S: 'of another writer' } } as Record<string, { S: string }>;
    await table.client.send(new PutItemCommand({ TableName: table.tableName, Item }));
    await store.update('session', (state) => state);
    expect(await storedItem()).toMatchObject({ tag: { S: 'new' } });
    expect(await storedItem()).not.toHaveProperty('other');
  });

  it('are beside the head of a state that is spread over several items, and not beside its parts', async () => {
    const store = open(() => ({ tag: 'large' }));
    await store.save(
      'session',
      createState(1, { metadata: { text: randomBytes(600_000).toString('base64') } }),
    );
    expect(await storedItem()).toMatchObject({ tag: { S: 'large' }, parts: expect.anything() });
    expect((await table.open().load('session'))?.turnCount).toBe(1);
  });

  it('are asked for when something is written, and not by an agent that starts', async () => {
    const store = open(() => {
      throw new Error('not now');
    });
    await store.save('session', createState(0, { status: 'created' }));
    await expect(store.save('session', createState(1))).rejects.toMatchObject({
      code: 'UNSERIALIZABLE',
      cause: { message: 'not now' },
    });
    expect(await storedItem()).toEqual({});
  });

  it.each([
    'pk',
    'sk',
    'expiry',
    'state',
    'stateNotes',
    'revision',
    'updatedAt',
    'entityType',
    'lineage',
    'parts',
  ])('cannot have a name of the store: %s', async (name) => {
    const store = open(() => ({ [name]: 'mine' }), { ttlAttributeName: 'expiry' });
    const refusal = { code: 'CONFIGURATION', message: expect.stringContaining(`"${name}"`) };
    await expect(store.save('session', createState(1))).rejects.toMatchObject(refusal);
    expect(await storedItem()).toEqual({});
  });

  it.each<[string, unknown, string]>([
    ['a date', { at: new Date(0) }, 'attributes.at is an instance of Date'],
    ['a function inside', { a: { b: [() => 1] } }, 'attributes.a.b[0] is a function'],
    ['NaN', { n: Number.NaN }, 'attributes.n is NaN'],
    ['a large number', { n: 1e300 }, 'attributes.n is a number'],
    ['ill-formed text', { 'a b': '\ud800' }, 'attributes["a b"] holds text'],
    ['a name that is empty', { '': 1 }, 'attributes has an empty key'],
    ['an empty key inside', { a: { '': 1 } }, 'attributes.a has an empty key'],
  ])('are refused with the path for what cannot be kept: %s', async (_, made, path) => {
    const failure = { code: 'UNSERIALIZABLE', message: expect.stringContaining(path) };
    await expect(open(() => made).save('session', createState(1))).rejects.toMatchObject(failure);
    expect(await storedItem()).toEqual({});
  });

  it.each([undefined, null, 'text', [], Promise.resolve({})])('must be an object: %o', async (made) => {
    const failure = { code: 'CONFIGURATION', message: expect.stringContaining('"attributes"') };
    await expect(open(() => made).save('session', createState(1))).rejects.toMatchObject(failure);
  });

  it('count in the size of the item', async () => {
    const store = open(() => ({ bulk: 'x'.repeat(409_600) }));
    const error: unknown = await store.save('session', createState(1)).catch((reason: unknown) => reason);
    expect(isAgentStoreError(error, 'TOO_LARGE')).toBe(true);
    expect(await storedItem()).toEqual({});
  });

  it('and an expiry beyond any calendar do no harm', async () => {
    const store = table.open({ ttlSeconds: 1e200 });
    await store.save('session', createState(1));
    expect(await storedItem()).toMatchObject({ ttl: { N: '253402300799' } });
    expect((await store.load('session'))?.turnCount).toBe(1);
  });
});
