import { ConditionalCheckFailedException, type PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import type { DynamoDBSender } from '../../src/adapters/dynamodb/index.js';
import { createState } from '../../src/testing/fixtures.js';
import { assertSameValue } from '../../src/testing/index.js';
import { createClient } from '../backends/dynamodb-endpoint.js';
import { TestTable } from './table.js';

const table = TestTable.use();

const rich = createState(2, {
  metadata: {
    empty: '',
    nothing: undefined,
    when: new Date(0),
    set: new Set(),
    list: [1, undefined, -0],
    big: 2n ** 70n,
  },
});

/** Every combination of the options of a document client. */
const marshalling = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
  marshallOptions: {
    convertEmptyValues: (bits & 1) > 0,
    removeUndefinedValues: (bits & 2) > 0,
    convertClassInstanceToMap: (bits & 4) > 0,
    convertTopLevelContainer: (bits & 1) > 0,
  },
  unmarshallOptions: { wrapNumbers: (bits & 2) > 0, convertWithoutMapWrapper: false },
}));

describe('the client', () => {
  it('may be a plain one', async () => {
    await assertKeeps(table.client);
  });

  it.each(marshalling)('may be a document client with any options: %j', async (options) => {
    await assertKeeps(DynamoDBDocumentClient.from(table.client, options));
  });

  it('may be a bare object that sends', async () => {
    await assertKeeps({ send: (command: PutItemCommand) => table.client.send(command) });
  });

  it('may be shared by stores and agents, and is not closed with any of them', async () => {
    const documentClient = DynamoDBDocumentClient.from(table.client);
    const [first, second] = [table.open({ documentClient }), table.open({ documentClient })];
    const other = table.open({ documentClient, agentId: `${table.agentId}-other` });
    await first.save('session', createState(1));
    await other.save('session', createState(5));
    await first.close();
    expect((await second.load('session'))?.turnCount).toBe(1);
    expect((await other.load('session'))?.turnCount).toBe(5);
  });

  it('keeps its middleware as it is', async () => {
    const client = createClient(table.endpoint);
    const before = client.middlewareStack.identify();
    await assertKeeps(DynamoDBDocumentClient.from(client));
    expect(client.middlewareStack.identify()).toEqual(before);
    client.destroy();
  });

  it('may be made and closed by the store', async () => {
    const dynamoDbClientConfig = {
      endpoint: table.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    const store = table.open({ dynamoDbClientConfig });
    await store.save('session', createState(3));
    await store.close();
    await store.close();
    await expect(store.load('session')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await table.open().load('session'))?.turnCount).toBe(3);
  });
});

describe('a request', () => {
  it('reads consistently unless told otherwise', async () => {
    const { sender, inputs } = recorder();
    await table.open({ documentClient: sender }).load('session');
    await table.open({ documentClient: sender, consistentRead: false }).load('session');
    expect(inputs).toMatchObject([{ ConsistentRead: true }, { ConsistentRead: false }]);
  });

  it('is one for a load, one for a save, two for a delete, and none for the state of a starting agent', async () => {
    const { sender, inputs } = recorder();
    const store = table.open({ documentClient: sender });
    await store.save('session', createState(0, { status: 'created' }));
    expect(inputs).toHaveLength(0);
    await store.load('session');
    await store.save('session', createState(1));
    await store.save('session', createState(2));
    await store.delete('session');
    expect(inputs).toHaveLength(5);
  });

  it('has no condition where the last write wins over what it has seen', async () => {
    await table.open().save('session', createState(1));
    const { sender, inputs } = recorder();
    const store = table.open({ documentClient: sender, concurrency: 'last-write-wins' });
    await store.load('session');
    await store.save('session', createState(2));
    expect(inputs[1]).not.toHaveProperty('ConditionExpression');
    expect(inputs).toHaveLength(2);
  });

  it('is not sent for a state that is too large for a native map, which alone may be written', async () => {
    const { sender, inputs } = recorder();
    const text = Array.from({ length: 400_000 }, (_, index) =>
      String.fromCharCode(0x100 + (((index * 7_919) ^ (index >> 3)) % 60_000)),
    ).join('');
    const state = createState(1, { metadata: { text: text.toWellFormed() } });
    await expect(
      table.open({ documentClient: sender, compression: 'off' }).save('session', state),
    ).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringMatching(/\d{6,} bytes; DynamoDB's limit is 409600/),
    });
    expect(inputs).toHaveLength(0);
  });
});

describe('a conflict', () => {
  it('hands over the winner, and not with what a log would show', async () => {
    await table.open().save('session', createState(1, { metadata: { word: 'secret' } }));
    const error: unknown = await table
      .open()
      .save('session', createState(2))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONFLICT', current: { turnCount: 1 } });
    expect(Object.keys(Object(error))).not.toContain('current');
    const { cause } = Object(error);
    expect(cause).toMatchObject({ name: 'ConditionalCheckFailedException' });
    expect(cause).not.toHaveProperty('Item');
    expect(JSON.stringify({ error, cause })).not.toContain('secret');
  });

  it('needs no second request where the first hands over the winner', async () => {
    await table.open().save('session', createState(1));
    const Item = await table.readItem();
    const inputs: object[] = [];
    const send = async (command: PutItemCommand) => {
      inputs.push(command.input);
      const $metadata = {};
      throw new ConditionalCheckFailedException({
        message: 'The conditional request failed',
        $metadata,
        Item,
      });
    };
    const store = table.open({ documentClient: { send } });
    await expect(store.save('session', createState(2))).rejects.toMatchObject({
      code: 'CONFLICT',
      current: { turnCount: 1 },
    });
    expect(inputs).toMatchObject([{ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }]);
  });

  it('has no winner where that cannot be read', async () => {
    await table.writeItem({ state: { S: 'unreadable' }, revision: { S: 'somebody' } });
    const error: unknown = await table
      .open()
      .save('session', createState(2))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONFLICT' });
    expect(Object(error).current).toBe(undefined);
  });
});

async function assertKeeps(documentClient: DynamoDBSender): Promise<void> {
  await table.open({ documentClient }).save('session', rich);
  assertSameValue(await table.open({ documentClient }).load('session'), rich);
  await table
    .open({ documentClient, compression: 'off', concurrency: 'last-write-wins' })
    .save('session', rich);
  assertSameValue(await table.open({ documentClient }).load('session'), rich);
}

/** A client that keeps the input of every command it sends. */
function recorder(): { sender: DynamoDBSender; inputs: object[] } {
  const inputs: object[] = [];
  const send = (command: PutItemCommand) => {
    inputs.push(command.input);
    return table.client.send(command);
  };
  return { sender: { send }, inputs };
}
