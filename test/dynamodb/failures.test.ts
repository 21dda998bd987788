import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DynamoDBAgentStore, DynamoDBTurnStore } from '../../src/adapters/dynamodb/index.js';
import { createState } from '../../src/testing/fixtures.js';
import { createTable } from '../backends/dynamodb-endpoint.js';
import { TestTable } from './table.js';

const table = TestTable.use();
const servers: Server[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.doUnmock('@aws-sdk/client-dynamodb');
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

/** A store over something that answers as DynamoDB might on a bad day. */
async function openAgainst(listener: RequestListener, config = {}): Promise<DynamoDBAgentStore> {
  const server = createServer(listener);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return openAt(`http://127.0.0.1:${port}`, config);
}

function openAt(endpoint: string, config = {}, tableName = table.tableName): DynamoDBAgentStore {
  return new DynamoDBAgentStore({
    tableName,
    agentId: 'agent',
    dynamoDbClientConfig: {
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
      ...config,
    },
  });
}

function refuseWith(name: string, message = 'No.', status = 400): RequestListener {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message }));
  };
}

describe('what DynamoDB refuses', () => {
  it.each([
    ['AccessDeniedException', 'CONFIGURATION', 'dynamodb:GetItem'],
    ['UnrecognizedClientException', 'CONFIGURATION', 'credentials'],
    ['ExpiredTokenException', 'CONFIGURATION', 'credentials'],
    ['ResourceNotFoundException', 'CONFIGURATION', 'does not exist'],
    ['ValidationException', 'CONFIGURATION', 'the cause says why'],
    ['ProvisionedThroughputExceededException', 'UNAVAILABLE', 'capacity'],
    ['ThrottlingException', 'UNAVAILABLE', 'throttled'],
    ['RequestLimitExceeded', 'UNAVAILABLE', 'throttled'],
    ['TransactionConflictException', 'UNAVAILABLE', 'transaction'],
    ['KMSDisabledException', 'CONFIGURATION', 'kms:Decrypt'],
    ['KMSThrottlingException', 'UNAVAILABLE', 'KMS key of the table is throttled'],
    ['InternalServerError', 'UNAVAILABLE', 'retrying'],
  ])('says what to do: %s', async (name, code, advice) => {
    const store = await openAgainst(refuseWith(name));
    for (const call of [store.load('s'), store.peek('s'), store.delete('s')]) {
      await expect(call).rejects.toMatchObject({
        code,
        message: expect.stringContaining(advice),
        cause: { name },
      });
    }
    const fresh = await openAgainst(refuseWith(name));
    await expect(fresh.save('s', createState(1))).rejects.toMatchObject({ code, cause: { name } });
    await Promise.all([store.close(), fresh.close()]);
  });

  it('says that an item is too large where DynamoDB counts more than the store did', async () => {
    const store = await openAgainst(
      refuseWith('ValidationException', 'Item size has exceeded the maximum allowed size'),
    );
    await expect(store.save('s', createState(1))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await store.close();
  });

  it.each([
    'One or more parameter values were invalid: Type mismatch for Index Key gsi1pk Expected: S Actual: N IndexName: gsi1',
    'One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value.',
  ])('says that the key of an index is not what it should be', async (message) => {
    const store = await openAgainst(refuseWith('ValidationException', message));
    const advice = expect.stringMatching(/index.*"attributes"/);
    await expect(store.save('s', createState(1))).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: advice,
    });
    await store.close();
  });

  it('says that the key of a table may not be used', async () => {
    const message =
      'User is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:1:key/1';
    const store = await openAgainst(refuseWith('AccessDeniedException', message));
    const advice = expect.stringContaining('allow kms:Decrypt');
    await expect(store.load('s')).rejects.toMatchObject({ code: 'CONFIGURATION', message: advice });
    await store.close();
  });

  it('says that a table is missing', async () => {
    const store = openAt(table.endpoint, {}, 'there-is-no-such-table');
    await expect(store.load('s')).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('The table "there-is-no-such-table" does not exist'),
    });
    await store.close();
  });

  it('says that a table has another key schema', async () => {
    const store = openAt(table.endpoint, {}, await createTable(table.client, 'id', 'range'));
    const refusal = { code: 'CONFIGURATION', message: expect.stringContaining('"partitionKeyName"') };
    await expect(store.load('s')).rejects.toMatchObject(refusal);
    await expect(openAt(table.endpoint, {}, table.tableName).load('s')).resolves.toBe(null);
    await store.close();
  });
});

describe('an endpoint', () => {
  it.each([
    ['http://127.0.0.1:1', 'UNAVAILABLE', 'Nothing listens there: connect ECONNREFUSED 127.0.0.1:1'],
    ['http://no-such-host.invalid', 'UNAVAILABLE', 'The name of the host is not known'],
  ])('that is not there says what is wrong with it: %s', async (endpoint, code, said) => {
    const store = openAt(endpoint);
    await expect(store.load('s')).rejects.toMatchObject({ code, message: expect.stringContaining(said) });
    await store.close();
  });

  it('that speaks no TLS says so', async () => {
    const server = createServer();
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const store = openAt(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const said = expect.stringMatching(/^Could not load .* No TLS connection could be made: E/);
    await expect(store.load('s')).rejects.toMatchObject({ code: 'CONFIGURATION', message: said });
    await store.close();
  });

  it.each(['localhost:8000', '127.0.0.1:8000', 'dynamodb'])(
    'without its protocol says so: %s',
    async (endpoint) => {
      const said = expect.stringContaining('must start with http:// or https://');
      const refusal = {
        code: 'CONFIGURATION',
        message: expect.stringContaining('start with http:// or https://'),
      };
      expect(() => openAt(endpoint)).toThrow(expect.objectContaining(refusal));
      if (endpoint.startsWith('localhost')) return;
      const store = new DynamoDBAgentStore({
        tableName: 'table',
        agentId: 'agent',
        documentClient: new DynamoDBClient({
          endpoint,
          region: 'us-east-1',
          credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        }),
      });
      await expect(store.load('s')).rejects.toMatchObject({ code: 'CONFIGURATION', message: said });
    },
  );
});

describe('what never comes', () => {
  const unavailable = { code: 'UNAVAILABLE', operation: 'load', cause: expect.any(Error) };

  it('is unavailable: an answer within the time that the client was given', async () => {
    const silent = await openAgainst(() => undefined, {
      requestHandler: { requestTimeout: 20, throwOnRequestTimeout: true },
    });
    await expect(silent.load('s')).rejects.toMatchObject({ ...unavailable, cause: { name: 'TimeoutError' } });
    await silent.close();
  });

  it('is unavailable: an answer over a connection that is reset', async () => {
    const resetting = await openAgainst((request) => request.socket.resetAndDestroy());
    await expect(resetting.load('s')).rejects.toMatchObject(unavailable);
    await resetting.close();
  });

  it('is unavailable: an answer that makes sense', async () => {
    for (const body of ['<html>', '{"Item":', '']) {
      const confused = await openAgainst((_, response) => {
        response.writeHead(body === '' ? 502 : 200, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(body);
      });
      await expect(confused.load('s')).rejects.toMatchObject(unavailable);
      await confused.close();
    }
  });

  it('is unavailable: anybody at the endpoint', async () => {
    const gone = await openAgainst(() => undefined);
    const [server] = servers.splice(0);
    server?.close();
    await expect(gone.load('s')).rejects.toMatchObject(unavailable);
    await gone.close();
  });

  it('is unavailable: an output from a client that sends nothing', async () => {
    const documentClient = { send: async () => undefined };
    const store = new DynamoDBAgentStore({ tableName: 'table', agentId: 'agent', documentClient });
    await expect(store.load('s')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('is unavailable: a list of items without keys', async () => {
    const documentClient = { send: async () => ({ Items: [{}] }) };
    const store = new DynamoDBTurnStore({ tableName: 'table', agentId: 'agent', documentClient });
    await expect(store.listRunningTurns()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('is unavailable, whatever a client throws', async () => {
    const documentClient = { send: () => Promise.reject('no reason') };
    const store = new DynamoDBAgentStore({ tableName: 'table', agentId: 'agent', documentClient });
    await expect(store.load('s')).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: 'no reason' });
    await expect(store.save('t', createState(1))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      cause: 'no reason',
    });
  });

  it('is a matter of configuration: the SDK', async () => {
    vi.resetModules();
    vi.doMock('@aws-sdk/client-dynamodb', () => {
      throw new Error('Cannot find package');
    });
    const { DynamoDBAgentStore: WithoutSdk } = await import('../../src/adapters/dynamodb/index.js');
    const store = new WithoutSdk({ tableName: 'table', agentId: 'agent' });
    const refusal = { code: 'CONFIGURATION', message: expect.stringContaining('Install it') };
    await expect(store.load('s')).rejects.toMatchObject(refusal);
    await expect(store.close()).resolves.toBe(undefined);
  });

  it('is a matter of configuration: a region', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    const store = new DynamoDBAgentStore({ tableName: 'table', agentId: 'agent' });
    await expect(store.load('s')).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('AWS_REGION'),
    });
  });
});
