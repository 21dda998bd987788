import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { Level } from 'level';
import { createAgentStateTable } from '../../src/adapters/dynamodb/index.js';
import { StartupError } from './startup-error.js';

export interface EmbeddedDynamoDB {
  readonly client: DynamoDBClient;
  close(): Promise<void>;
}

/** For an endpoint on this machine, which asks for credentials and looks at none. */
export const localClientConfig = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
} satisfies DynamoDBClientConfig;

/** A DynamoDB in this process, with its files in a folder and with the table in it. */
export async function startEmbeddedDynamoDB(folder: string, tableName: string): Promise<EmbeddedDynamoDB> {
  await prepareFolder(folder, tableName);
  const server = dynalite({ path: folder, createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const client = new DynamoDBClient({ ...localClientConfig, endpoint: `http://127.0.0.1:${port}` });
  await createAgentStateTable(client, { tableName });
  return {
    client,
    async close() {
      client.destroy();
      await promisify(server.close).call(server);
    },
  };
}

/**
 * Checks that the folder can be used, and removes a table that a process which was killed has left half made: only that
 * process would have finished it, and until then nothing could be written to it.
 */
async function prepareFolder(folder: string, tableName: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new StartupError(`The folder ${folder} cannot be made: ${explain(error)}`, { cause: error });
  }
  const level = new Level<string, unknown>(folder, { valueEncoding: 'json' });
  try {
    await level.open();
    const key = `table~${tableName}`;
    const table = await level.get(key);
    if (typeof table !== 'object' || table === null || !('TableStatus' in table)) return;
    if (table.TableStatus === 'CREATING') await level.del(key);
  } catch (error) {
    throw new StartupError(`The data in ${folder} cannot be used: ${explain(error)}`, { cause: error });
  } finally {
    await level.close();
  }
}

function explain(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  if ('code' in cause && cause.code === 'LEVEL_LOCKED')
    return 'another process has it open. Stop that one, or set DATA_DIR to another folder.';
  if ('code' in cause && (cause.code === 'EEXIST' || cause.code === 'ENOTDIR'))
    return 'there is a file in its way. Set DATA_DIR to a folder.';
  return cause.message;
}
