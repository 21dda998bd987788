import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

/** A DynamoDB to test against: the one at `DYNAMODB_ENDPOINT`, or else one in this process. */
export interface DynamoDBEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

export async function startDynamoDB(): Promise<DynamoDBEndpoint> {
  const given = process.env.DYNAMODB_ENDPOINT;
  if (given !== undefined && given !== '') return { url: given, close: async () => undefined };
  const server = dynalite({ createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

export function createClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
}

/** Creates a table with a name that no other test has, and waits until it can be used. */
export async function createTable(
  client: DynamoDBClient,
  partitionKeyName = 'pk',
  sortKeyName = 'sk',
): Promise<string> {
  const TableName = `agent-state-${crypto.randomUUID()}`;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: partitionKeyName, KeyType: 'HASH' },
        { AttributeName: sortKeyName, KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: partitionKeyName, AttributeType: 'S' },
        { AttributeName: sortKeyName, AttributeType: 'S' },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 0.01, maxDelay: 0.05 }, { TableName });
  return TableName;
}
