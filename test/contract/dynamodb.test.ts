import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  agentStoreContract,
  messageStoreContract,
  sessionListContract,
  turnStoreContract,
} from '../../src/testing/index.js';
import {
  createDynamoDBBackend,
  createDynamoDBListBackend,
  createDynamoDBMessageBackend,
  createDynamoDBTurnBackend,
} from '../backends/dynamodb-backend.js';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';

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

describe('the DynamoDB store', () => {
  const createBackend = () => createDynamoDBBackend(client, tableName);
  for (const { name, run } of agentStoreContract(createBackend)) it(name, run);
});

describe('the DynamoDB store that lists', () => {
  const createBackend = () => createDynamoDBListBackend(client, tableName);
  for (const { name, run } of sessionListContract(createBackend)) it(name, run);
});

describe('the DynamoDB message store', () => {
  const createBackend = () => createDynamoDBMessageBackend(client, tableName);
  for (const { name, run } of messageStoreContract(createBackend)) it(name, run);
});

describe('the DynamoDB turn store', () => {
  const createBackend = () => createDynamoDBTurnBackend(client, tableName);
  for (const { name, run } of turnStoreContract(createBackend)) it(name, run);
});
