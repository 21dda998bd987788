import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBAgentStore } from '../../adapters/dynamodb/dynamodb-agent-store.js';
import { DynamoDBMessageStore } from '../../adapters/dynamodb/dynamodb-message-store.js';
import { DynamoDBTurnStore } from '../../adapters/dynamodb/dynamodb-turn-store.js';
import type { CliIo } from '../io.js';
import { loadClient } from './load-client.js';
import type { OpenStores } from './opened-stores.js';
import { toStoreOptions } from './store-options.js';
import type { DynamoDBUrl } from './store-url.js';

export async function openDynamoDBStores(url: DynamoDBUrl, env: CliIo['env']): Promise<OpenStores> {
  const client = await createDynamoDBClient(url, env);
  const { agent, messages, turns } = toStoreOptions(url);
  const table = { tableName: url.tableName, documentClient: client, ...url.attributeNames };
  return {
    agentId: url.agentId,
    agentStore: new DynamoDBAgentStore({ ...agent, ...table }),
    messageStore: new DynamoDBMessageStore({ ...messages, ...table }),
    turnStore: new DynamoDBTurnStore({ ...turns, ...table }),
    description: describeTable(url),
    close: async () => client.destroy(),
  };
}

/** A client with the usual credentials of AWS, none of whose requests waits without an end. */
export async function createDynamoDBClient(url: DynamoDBUrl, env: CliIo['env']): Promise<DynamoDBClient> {
  const name = '@aws-sdk/client-dynamodb';
  const { DynamoDBClient } = await loadClient(name, () => import('@aws-sdk/client-dynamodb'));
  const endpoint = url.endpoint ?? env.AWS_ENDPOINT_URL_DYNAMODB;
  return new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
    ...(endpoint !== undefined && isLocal(endpoint) && withoutAccount(env)),
    ...(url.region !== undefined && { region: url.region }),
    ...(url.endpoint !== undefined && { endpoint: url.endpoint }),
  });
}

export function describeTable({ tableName, region, endpoint }: DynamoDBUrl): string {
  const place = endpoint === undefined ? region && `in ${region}` : `at ${new URL(endpoint).origin}`;
  return `DynamoDB table "${tableName}"${place === undefined ? '' : ` ${place}`}`;
}

function isLocal(endpoint: string): boolean {
  return URL.canParse(endpoint) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(endpoint).hostname);
}

/** For a DynamoDB on this machine, which asks for a region and credentials and looks at neither. */
function withoutAccount({ AWS_REGION, AWS_ACCESS_KEY_ID, AWS_PROFILE }: CliIo['env']): DynamoDBClientConfig {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return {
    ...(!AWS_REGION && { region: 'us-east-1' }),
    ...(!AWS_ACCESS_KEY_ID && !AWS_PROFILE && { credentials }),
  };
}
