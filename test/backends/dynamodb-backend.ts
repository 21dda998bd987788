import assert from 'node:assert/strict';
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBAgentStore, type DynamoDBAgentStoreOptions } from '../../src/adapters/dynamodb/index.js';
import { type ContractBackend, Faults } from '../../src/testing/index.js';

let backends = 0;

/** A part of a table that no other backend uses: every agent's partition key starts with a word of its own. */
export function createDynamoDBBackend(
  client: DynamoDBClient,
  tableName: string,
  fixed: Partial<DynamoDBAgentStoreOptions> = {},
): ContractBackend {
  const faults = new Faults();
  const word = `backend-${++backends}:`;
  const documentClient = {
    send: (command: PutItemCommand) => {
      assert.match(command.constructor.name, /^(Get|Put|Delete)ItemCommand$/);
      return faults.run(() => client.send(command));
    },
  };
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
    corrupt: async ({ agentId, contextId }) => {
      const key = { pk: { S: `${word}agent#${agentId}` }, sk: { S: `context#${contextId}` } };
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: { ...key, state: { B: new Uint8Array([31, 139, 8]) } },
        }),
      );
    },
    dispose: async () => undefined,
  };
}
