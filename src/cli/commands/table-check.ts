import { checkAgentStateTable } from '../../adapters/dynamodb/agent-state-table.js';
import { type CliContext, type CommonFlags, present } from '../context.js';
import { createDynamoDBClient } from '../stores/open-dynamodb.js';
import { parseTableUrl } from './table-url.js';

export async function checkTable(this: CliContext, flags: CommonFlags, url: string): Promise<void> {
  const table = parseTableUrl(url);
  const { tableName, attributeNames } = table;
  const client = await createDynamoDBClient(table, this.io.env);
  try {
    await checkAgentStateTable(client, { tableName, ...attributeNames });
  } finally {
    client.destroy();
  }
  const says = `The table "${tableName}" has the right key and may be read.`;
  present(this, flags, { tableName, ready: true }, () => says);
}
