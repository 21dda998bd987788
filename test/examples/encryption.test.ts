import { randomBytes } from 'node:crypto';
import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEncryptingSerializer } from '../../examples/encryption/encrypting-serializer.js';
import { createPrefixKeySchema } from '../../src/domain/key-schema.js';
import type { StateSerializer } from '../../src/index.js';
import { DynamoDBAgentStore, InMemoryAgentStore, InMemoryRecordStore } from '../../src/stores.js';
import { createState } from '../../src/testing/fixtures.js';
import { assertSameValue } from '../../src/testing/index.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';

const old = randomBytes(32);
const current = randomBytes(32);
const withOld = createEncryptingSerializer({ keys: { old }, writeWith: 'old' });
const withBoth = createEncryptingSerializer({ keys: { current, old }, writeWith: 'current' });
const withCurrent = createEncryptingSerializer({ keys: { current }, writeWith: 'current' });

const notYet = createEncryptingSerializer({ keys: { current }, writeWith: null, readUnencrypted: true });
const adopting = createEncryptingSerializer({
  keys: { current },
  writeWith: 'current',
  readUnencrypted: true,
});

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

interface Sessions {
  /** A process, with the default serializer unless another is given. */
  open(serializer?: StateSerializer): InMemoryAgentStore | DynamoDBAgentStore;
  /** Copies what is stored for one session over another, behind the stores' backs. */
  copy(from: string, to: string): Promise<void>;
  stored(contextId: string): Promise<Buffer>;
}

function inMemory(): Sessions {
  const records = new InMemoryRecordStore();
  const key = (contextId: string) => createPrefixKeySchema().key({ agentId: 'agent', contextId });
  const read = async (contextId: string) => {
    const data = await (await records.get(key(contextId)))?.read(1_000_000);
    if (!(data instanceof Uint8Array)) throw new TypeError('No bytes are stored.');
    return Buffer.from(data);
  };
  return {
    open: (serializer) => new InMemoryAgentStore({ agentId: 'agent', serializer, records }),
    copy: async (from, to) => {
      const bytes = await read(from);
      await records.put(
        key(to),
        { revision: 'copied', updatedAt: 0, entityType: '', data: bytes, text: bytes },
        null,
      );
    },
    stored: read,
  };
}

let agents = 0;

function inDynamoDB(): Sessions {
  const ours = `agent-${++agents}`;
  const key = (contextId: string) => ({ pk: { S: `agent#${ours}` }, sk: { S: `context#${contextId}` } });
  const get = async (contextId: string) => {
    const { Item = {} } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: key(contextId), ConsistentRead: true }),
    );
    return Item;
  };
  return {
    open: (serializer) =>
      new DynamoDBAgentStore({ tableName, agentId: ours, serializer, documentClient: client }),
    copy: async (from, to) => {
      const Item = { ...(await get(from)), ...key(to) };
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
    stored: async (contextId) => Buffer.from((await get(contextId)).state?.B ?? []),
  };
}

describe.each([
  ['memory', inMemory],
  ['DynamoDB', inDynamoDB],
])('encrypted states in %s', (_, createSessions) => {
  it('come back as they were, and show nothing of what they hold', async () => {
    const sessions = createSessions();
    const state = createState(3, {
      metadata: {
        when: new Date(5),
        map: new Map([['a', new Set([1n, -0, Number.NaN])]]),
        bytes: new Uint8Array([1, 2]),
        secret: 'correct horse',
        nothing: undefined,
        arguments: { constructor: 1 },
        site: new URL('https://example.com'),
        failure: new RangeError('no', { cause: new Error('why') }),
      },
    });
    await sessions.open(withCurrent).save('s', state);
    assertSameValue(await sessions.open(withCurrent).load('s'), state);
    expect((await sessions.stored('s')).toString('latin1')).not.toContain('horse');
  });

  it('do not decrypt under another session', async () => {
    const sessions = createSessions();
    await sessions.open(withCurrent).save('mine', createState());
    await sessions.copy('mine', 'yours');
    await expect(sessions.open(withCurrent).load('yours')).rejects.toMatchObject({
      code: 'CORRUPTED',
      cause: { message: expect.stringContaining('another session') },
    });
  });

  it('do not decrypt with another key of the same name', async () => {
    const sessions = createSessions();
    await sessions.open(withCurrent).save('s', createState());
    const wrong = createEncryptingSerializer({ keys: { current: old }, writeWith: 'current' });
    await expect(sessions.open(wrong).load('s')).rejects.toMatchObject({ code: 'CORRUPTED' });
    expect((await sessions.open(withCurrent).load('s'))?.turnCount).toBe(1);
  });

  it('change over to the new key with their next save', async () => {
    const sessions = createSessions();
    await sessions.open(withOld).save('s', createState(1));
    await expect(sessions.open(withCurrent).load('s')).rejects.toMatchObject({
      code: 'CORRUPTED',
      cause: { message: 'The state was encrypted with a key that is not given.' },
    });
    const rotating = sessions.open(withBoth);
    expect((await rotating.load('s'))?.turnCount).toBe(1);
    await rotating.save('s', createState(2));
    expect((await sessions.open(withCurrent).load('s'))?.turnCount).toBe(2);
    await expect(sessions.open(withOld).load('s')).rejects.toMatchObject({ code: 'CORRUPTED' });
  });

  it('are adopted by sessions that were not encrypted, while processes run that cannot decrypt', async () => {
    const sessions = createSessions();
    const rich = createState(1, { metadata: { tags: new Set(['a']), text: 'long '.repeat(2_000) } });
    await sessions.open().save('s', rich);
    await expect(sessions.open(withCurrent).load('s')).rejects.toMatchObject({
      code: 'CORRUPTED',
      cause: { message: 'The state is not encrypted.' },
    });

    const first = sessions.open(notYet);
    assertSameValue(await first.load('s'), rich);
    await first.save('s', createState(2));
    const without = sessions.open();
    expect((await without.load('s'))?.turnCount).toBe(2);

    const second = sessions.open(adopting);
    expect((await second.load('s'))?.turnCount).toBe(2);
    await second.save('s', createState(3, { metadata: { secret: 'correct horse' } }));
    expect((await sessions.stored('s')).toString('latin1')).not.toContain('horse');
    expect((await first.load('s'))?.turnCount).toBe(3);
    expect((await sessions.open(withCurrent).load('s'))?.turnCount).toBe(3);
    await expect(without.load('s')).rejects.toMatchObject({ code: 'CORRUPTED' });
  });
});

describe('the encrypting serializer', () => {
  const ids = { agentId: 'agent', contextId: 's' };

  it('refuses what was changed anywhere, or cut short, or never encrypted', async () => {
    const data = await withCurrent.serialize(createState(), ids);
    if (!(data instanceof Uint8Array)) throw new TypeError('It should be bytes.');
    for (let index = 0; index < data.length; index++) {
      const changed = data.map((byte, at) => (at === index ? byte ^ 1 : byte));
      expect(() => withCurrent.deserialize(changed, ids)).toThrow(/^The state /);
      expect(() => withCurrent.deserialize(data.slice(0, index), ids)).toThrow(/^The state /);
    }
    expect(() => withCurrent.deserialize('text', ids)).toThrow('The state is not encrypted.');
    expect(() => withCurrent.deserialize(data, { ...ids, agentId: 'other' })).toThrow('another session');
  });

  it('writes the same state differently each time', async () => {
    const written = [1, 2, 3].map(() => withCurrent.serialize(createState(), ids));
    expect(new Set((await Promise.all(written)).map(String)).size).toBe(3);
  });

  it.each([
    ['a key that is not there', { keys: { old }, writeWith: 'new' }, 'There is no key "new" to write with.'],
    ['a short key', { keys: { old: old.subarray(1) }, writeWith: 'old' }, '"old" must have 32 bytes.'],
    [
      'to write what it would not read',
      { keys: { old }, writeWith: null },
      'could not read what it writes: set "readUnencrypted"',
    ],
    ['a key without a name', { keys: { '': old }, writeWith: '' }, 'must have 1 to 255 bytes.'],
  ])('refuses %s', (_, options, message) => {
    expect(() => createEncryptingSerializer(options)).toThrow(message);
  });
});
