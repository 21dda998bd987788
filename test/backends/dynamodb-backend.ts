import assert from 'node:assert/strict';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBAgentStore,
  type DynamoDBAgentStoreOptions,
  DynamoDBMessageStore,
  DynamoDBTurnStore,
} from '../../src/adapters/dynamodb/index.js';
import {
  type ContractBackend,
  Faults,
  type MessageContractBackend,
  type TurnContractBackend,
} from '../../src/testing/index.js';

let backends = 0;

const withQuery = /^((Get|Put|Delete)Item|Query)Command$/;

/** A part of a table that no other backend uses: every agent's partition key starts with a word of its own. */
export function createDynamoDBBackend(
  client: DynamoDBClient,
  tableName: string,
  fixed: Partial<DynamoDBAgentStoreOptions> = {},
  commands?: RegExp,
): ContractBackend<DynamoDBAgentStore> {
  const { faults, word, documentClient } = createPart(client, commands);
  return {
    faults,
    keyLimits: { partition: 2_048 - word.length, sort: 1_024 },
    open: ({ agentKeyPrefix = 'agent#', ...options }) =>
      new DynamoDBAgentStore({
        tableName,
        documentClient,
        agentKeyPrefix: `${word}${agentKeyPrefix}`,
        ...fixed,
        ...options,
      }),
    corrupt: ({ agentId, contextId }) =>
      corrupt(client, tableName, `${word}agent#${agentId}`, `context#${contextId}`),
    dispose: async () => undefined,
  };
}

/** The same for stores that list, which may do one more thing. */
export function createDynamoDBListBackend(
  client: DynamoDBClient,
  tableName: string,
): ContractBackend<DynamoDBAgentStore> {
  return createDynamoDBBackend(client, tableName, {}, withQuery);
}

/** The same for message stores. */
export function createDynamoDBMessageBackend(
  client: DynamoDBClient,
  tableName: string,
): MessageContractBackend {
  const { faults, word, documentClient } = createPart(client);
  return {
    faults,
    keyLimits: { partition: 2_048 - word.length, sort: 1_024 },
    open: ({ agentKeyPrefix = 'agent#', ...options }) =>
      new DynamoDBMessageStore({
        tableName,
        documentClient,
        agentKeyPrefix: `${word}${agentKeyPrefix}`,
        ...options,
      }),
    corrupt: ({ agentId, contextId }) =>
      corrupt(client, tableName, `${word}agent#${agentId}`, `message#${contextId}`),
    dispose: async () => undefined,
  };
}

/** The same for turn stores, which may list as well. */
export function createDynamoDBTurnBackend(client: DynamoDBClient, tableName: string): TurnContractBackend {
  const { faults, word, documentClient } = createPart(client, withQuery);
  return {
    faults,
    keyLimits: { partition: 2_048 - word.length, sort: 1_024 },
    open: ({ agentKeyPrefix = 'agent#', ...options }) =>
      new DynamoDBTurnStore({
        tableName,
        documentClient,
        agentKeyPrefix: `${word}${agentKeyPrefix}`,
        ...options,
      }),
    corrupt: ({ partition, sort }) => corrupt(client, tableName, `${word}${partition}`, sort),
    dispose: async () => undefined,
  };
}

/** What is sent goes through the faults that a case orders, and is one of three commands. */
function createPart(client: DynamoDBClient, commands = /^(Get|Put|Delete)ItemCommand$/) {
  const faults = new Faults();
  const documentClient = {
    send: (command: PutItemCommand) => {
      assert.match(command.constructor.name, commands);
      return faults.run(() => client.send(command));
    },
  };
  return { faults, word: `backend-${++backends}:`, documentClient };
}

async function corrupt(client: DynamoDBClient, TableName: string, pk: string, sk: string): Promise<void> {
  const Item = { pk: { S: pk }, sk: { S: sk }, state: { B: new Uint8Array([31, 139, 8]) } };
  await client.send(new PutItemCommand({ TableName, Item }));
}
