import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import { hideItem } from '../../src/adapters/dynamodb/hide-item.js';
import { DynamoDBAgentStore, DynamoDBMessageStore } from '../../src/adapters/dynamodb/index.js';
import { createState } from '../../src/testing/fixtures.js';
import { TestTable } from './table.js';

const table = TestTable.use();
const clients: DynamoDBClient[] = [];
const servers: Server[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

describe('the logger of a client', () => {
  it('gets each request, and nothing of the sessions in it', async () => {
    const { documentClient, requests, shown } = createLoggedClient(table.endpoint);
    const store = table.open({ documentClient });
    await store.save('session', createState(1, { metadata: { word: 'secret' } }));
    expect((await store.load('session'))?.metadata).toEqual({ word: 'secret' });
    const options = { tableName: table.tableName, agentId: table.agentId, documentClient };
    const messages = new DynamoDBMessageStore(options);
    await messages.append('session', [{ role: 'user', content: 'secret' }]);
    await store.listSessions();
    await store.delete('session');
    const commands = requests.map((entry) => Reflect.get(Object(entry), 'commandName'));
    expect(new Set(commands)).toEqual(
      new Set(['PutItemCommand', 'GetItemCommand', 'QueryCommand', 'DeleteItemCommand']),
    );
    expect(requests).toContainEqual(
      expect.objectContaining({ input: expect.objectContaining({ TableName: table.tableName }) }),
    );
    expect(shown.join()).not.toMatch(/secret|idle/);
  });

  it('gets nothing of the session that is in the way of a refused write', async () => {
    const item = { revision: { S: 'of-somebody' }, state: { M: { word: { S: 'secret' } } } };
    const server = createServer((request, response) => {
      if (String(request.headers['x-amz-target']).endsWith('.GetItem')) {
        response.end(JSON.stringify({ Item: item }));
        return;
      }
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      const type = 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException';
      response.end(JSON.stringify({ __type: type, message: 'The conditional request failed', Item: item }));
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { documentClient, requests, shown } = createLoggedClient(`http://127.0.0.1:${port}`);
    const store = new DynamoDBAgentStore({ tableName: 'table', agentId: 'agent', documentClient });
    await expect(store.save('session', createState(1))).rejects.toMatchObject({ code: 'CONFLICT' });
    await store.delete('session');
    const refused = { error: { name: 'ConditionalCheckFailedException' } };
    expect(requests).toMatchObject([refused, { commandName: 'GetItemCommand' }, refused]);
    expect(shown.join()).not.toContain('secret');
  });
});

it('leaves alone what is logged or thrown without an item', async () => {
  const { middlewareStack } = hideItem(new GetItemCommand({ TableName: 'table', Key: {} }));
  const context = {};
  const handler = middlewareStack.resolve(() => Promise.reject('no reason'), context);
  await expect(handler({ input: { TableName: 'table', Key: {} } })).rejects.toBe('no reason');
  const filter: unknown = Reflect.get(context, 'outputFilterSensitiveLog');
  expect(Reflect.apply(Object(filter), undefined, [undefined])).toBe(undefined);
});

function createLoggedClient(endpoint: string) {
  const requests: unknown[] = [];
  const shown: string[] = [];
  const show = (...entries: unknown[]) => {
    // At once: later, somebody may have taken an item away.
    shown.push(
      inspect(entries, { depth: 20 }),
      JSON.stringify(entries),
      JSON.stringify(entries.map(errorOf)),
    );
  };
  const showRequest = (entry: unknown) => {
    requests.push(entry);
    show(entry);
  };
  const documentClient = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    logger: { trace: show, debug: show, info: showRequest, warn: show, error: showRequest },
  });
  clients.push(documentClient);
  return { documentClient, requests, shown };
}

/** The enumerable properties of a logged error, which is how some loggers write one. */
function errorOf(entry: unknown): object {
  return { ...Object(Reflect.get(Object(entry), 'error')) };
}
