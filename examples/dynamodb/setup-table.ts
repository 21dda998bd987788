/**
 * Creates the table, once, with permissions that the agents do not need: `node --import tsx examples/dynamodb/setup-table.ts`.
 *
 * Shows `createAgentStateTable`: it waits until the table can be used, turns expiry on, and changes nothing where the table
 * is there. The account and the region are those of the environment.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAgentStateTable } from '../../src/adapters/dynamodb/index.js';

const { AGENT_STATE_TABLE: tableName = 'agent-state' } = process.env;
const client = new DynamoDBClient({});
await createAgentStateTable(client, { tableName });
client.destroy();
console.log(`The table "${tableName}" can be used.`);
