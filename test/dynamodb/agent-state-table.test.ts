import {
  type CreateTableCommand,
  DeleteTableCommand,
  DescribeTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import {
  checkAgentStateTable,
  createAgentStateTable,
  DynamoDBAgentStore,
} from '../../src/adapters/dynamodb/index.js';
import { createState } from '../../src/testing/fixtures.js';
import { TestTable } from './table.js';

const table = TestTable.use();
const newName = () => `bootstrap-${crypto.randomUUID()}`;

describe('creating the table', () => {
  it('makes one that a store can use at once, and doing it again changes nothing', async () => {
    const tableName = newName();
    await createAgentStateTable(table.client, { tableName });
    const store = new DynamoDBAgentStore({ tableName, agentId: 'agent', documentClient: table.client });
    await store.save('session', createState(1));
    await createAgentStateTable(table.client, { tableName });
    expect((await store.load('session'))?.turnCount).toBe(1);
    await table.client.send(new DeleteTableCommand({ TableName: tableName }));
  });

  it('lets two processes that start at once share it', async () => {
    const tableName = newName();
    const options = { tableName, partitionKeyName: 'id', sortKeyName: 'range', ttlAttributeName: null };
    await Promise.all([1, 2, 3].map(() => createAgentStateTable(table.client, options)));
    await expect(checkAgentStateTable(table.client, options)).resolves.toBe(undefined);
    await table.client.send(new DeleteTableCommand({ TableName: tableName }));
  });

  it('refuses a table with another key', async () => {
    await expect(
      createAgentStateTable(table.client, { tableName: table.tableName, sortKeyName: 'other' }),
    ).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('pk, sk and not pk, other'),
    });
  });

  it('turns expiry on where it is off, and leaves it where it is on', async () => {
    for (const status of ['DISABLED', 'ENABLED', 'ENABLING']) {
      const sent: object[] = [];
      const send = async (command: DescribeTimeToLiveCommand) => {
        sent.push(command);
        const KeySchema = [{ AttributeName: 'pk' }, { AttributeName: 'sk' }];
        return {
          Table: { TableStatus: 'ACTIVE', KeySchema },
          TimeToLiveDescription: { TimeToLiveStatus: status },
        };
      };
      await createAgentStateTable({ send }, { tableName: 'table', ttlAttributeName: 'expires' });
      const last = sent.at(-1);
      if (status === 'DISABLED') {
        expect(last).toMatchObject({
          input: { TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true } },
        });
      } else expect(last).toBeInstanceOf(DescribeTimeToLiveCommand);
    }
  });

  it('gives up on a table that is not usable in time', async () => {
    const send = async () => ({ Table: { TableStatus: 'CREATING' } });
    const options = { tableName: 'table', maxWaitSeconds: 0 };
    await expect(createAgentStateTable({ send }, options)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('CREATING after 0 seconds'),
    });
    const missing = { send: async () => ({}) };
    await expect(createAgentStateTable(missing, options)).rejects.toMatchObject({
      message: expect.stringContaining('missing after 0 seconds'),
    });
  });

  it('waits until the table can be used', async () => {
    const statuses = ['CREATING', 'CREATING', 'ACTIVE'];
    const KeySchema = [{ AttributeName: 'pk' }, { AttributeName: 'sk' }];
    const send = async () => ({ Table: { TableStatus: statuses.shift(), KeySchema } });
    await createAgentStateTable({ send }, { tableName: 'table', ttlAttributeName: null });
    expect(statuses).toEqual([]);
  });

  it.each(['DescribeTable', 'CreateTable', 'DescribeTimeToLive', 'UpdateTimeToLive'])(
    'says what %s was refused',
    async (operation) => {
      const send = async (command: object) => {
        const name = command.constructor.name;
        if (name === `${operation}Command`)
          throw Object.assign(new Error('No.'), { name: 'AccessDeniedException' });
        if (name === 'DescribeTableCommand' && operation === 'CreateTable') return {};
        return {
          Table: { TableStatus: 'ACTIVE', KeySchema: [{ AttributeName: 'pk' }, { AttributeName: 'sk' }] },
        };
      };
      await expect(createAgentStateTable({ send }, { tableName: 'table' })).rejects.toMatchObject({
        code: 'CONFIGURATION',
        cause: { name: 'AccessDeniedException' },
      });
    },
  );
});

describe('checking the table', () => {
  it('sends one GetItem', async () => {
    const sent: string[] = [];
    const send = async (command: CreateTableCommand) => {
      sent.push(command.constructor.name);
      return table.client.send(command);
    };
    await checkAgentStateTable({ send }, { tableName: table.tableName });
    expect(sent).toEqual(['GetItemCommand']);
  });

  it('says that the table is missing or has another key', async () => {
    await expect(checkAgentStateTable(table.client, { tableName: newName() })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('does not exist'),
    });
    const options = { tableName: table.tableName, partitionKeyName: 'id' };
    await expect(checkAgentStateTable(table.client, options)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('another key schema'),
    });
  });
});
