import { createAgentStateTable } from '../../adapters/dynamodb/agent-state-table.js';
import { type CliContext, type CommonFlags, present } from '../context.js';
import { Progress } from '../output/progress.js';
import { createDynamoDBClient } from '../stores/open-dynamodb.js';
import { parseTableUrl } from './table-url.js';

export async function createTable(this: CliContext, flags: CommonFlags, url: string): Promise<void> {
  const { io } = this;
  const table = parseTableUrl(url);
  const { tableName, attributeNames } = table;
  const client = await createDynamoDBClient(table, io.env);
  const progress = new Progress(io);
  progress.show(`Creating the table "${tableName}"`);
  try {
    await createAgentStateTable(client, { tableName, ...attributeNames });
  } finally {
    progress.end();
    client.destroy();
  }
  present(this, flags, { tableName, ready: true }, () => `The table "${tableName}" can be used.`);
}
