import { join, resolve } from 'node:path';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { checkAgentStateTable } from '../../src/adapters/dynamodb/index.js';
import type { AgentStore } from '../../src/domain/agent-store.js';
import type { MessageStore } from '../../src/domain/message-store.js';
import {
  DynamoDBAgentStore,
  DynamoDBMessageStore,
  InMemoryAgentStore,
  InMemoryMessageStore,
  RedisAgentStore,
  RedisMessageStore,
} from '../../src/stores.js';
import { localClientConfig, startEmbeddedDynamoDB } from './embedded-dynamodb.js';
import type { Settings } from './settings.js';
import { StartupError } from './startup-error.js';

export interface ChosenStore {
  readonly agentStore: AgentStore;
  readonly messageStore: MessageStore;
  /** For the user to read. */
  readonly description: string;
  close(): Promise<void>;
}

export async function chooseStore(settings: Settings, agentId: string): Promise<ChosenStore> {
  switch (settings.store) {
    case 'memory': {
      const agentStore = new InMemoryAgentStore({ agentId });
      const messageStore = new InMemoryMessageStore({ agentId });
      const description = 'in memory, gone with the process';
      return { agentStore, messageStore, description, close: () => agentStore.close() };
    }
    case 'table':
      return useTable(settings.tableName, agentId);
    case 'redis':
      return useRedis(settings.redisUrl, agentId);
    case 'embedded':
      return useEmbedded(settings, agentId);
  }
}

async function useTable(tableName: string, agentId: string): Promise<ChosenStore> {
  const endpoint = process.env.AWS_ENDPOINT_URL_DYNAMODB;
  if (endpoint && !/^https?:\/\//i.test(endpoint)) {
    const problem = `AWS_ENDPOINT_URL_DYNAMODB is "${endpoint}"; it must start with http:// or https://.`;
    throw new StartupError(problem);
  }
  const client = new DynamoDBClient({
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 },
    ...(endpoint && isLocal(endpoint) && withoutAccount()),
  });
  // A table that is missing, has another key or may not be read says so now, and not in the first turn.
  await checkAgentStateTable(client, { tableName });
  const options = { tableName, agentId, documentClient: client };
  const agentStore = new DynamoDBAgentStore(options);
  const messageStore = new DynamoDBMessageStore(options);
  return {
    agentStore,
    messageStore,
    description: `DynamoDB table "${tableName}"${endpoint ? ` at ${endpoint}` : ''}`,
    close: async () => {
      await Promise.all([agentStore.close(), messageStore.close()]);
      client.destroy();
    },
  };
}

async function useRedis(url: string, agentId: string): Promise<ChosenStore> {
  const agentStore = new RedisAgentStore({ agentId, url });
  const messageStore = new RedisMessageStore({ agentId, url });
  // Without the password that may be in the URL.
  const description = `Redis at ${new URL(url).host}`;
  try {
    // A server that is not there, or wants another password, says so now and not in the first turn.
    await agentStore.peek('startup-check');
  } catch (error) {
    const { cause } = Object(error);
    const reason = (cause instanceof Error ? cause.message : String(error)).replace(/\.$/, '');
    throw new StartupError(`${description} cannot be used: ${reason}. Start it, or correct REDIS_URL.`, {
      cause: error,
    });
  }
  const close = async () => {
    await Promise.all([agentStore.close(), messageStore.close()]);
  };
  return { agentStore, messageStore, description, close };
}

async function useEmbedded({ dataDir, tableName }: Settings, agentId: string): Promise<ChosenStore> {
  const folder = resolve(join(dataDir, 'dynamodb'));
  const dynamodb = await startEmbeddedDynamoDB(folder, tableName);
  const options = { tableName, agentId, documentClient: dynamodb.client };
  const agentStore = new DynamoDBAgentStore(options);
  const messageStore = new DynamoDBMessageStore(options);
  return {
    agentStore,
    messageStore,
    description: `DynamoDB, embedded, with its files in ${folder}`,
    close: async () => {
      await Promise.all([agentStore.close(), messageStore.close()]);
      await dynamodb.close();
    },
  };
}

function isLocal(endpoint: string): boolean {
  return URL.canParse(endpoint) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(endpoint).hostname);
}

/** Stands in for the region and the credentials that a DynamoDB on this machine has no use for, where none are set. */
function withoutAccount(): DynamoDBClientConfig {
  const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_PROFILE } = process.env;
  const { region, credentials } = localClientConfig;
  return { ...(!AWS_REGION && { region }), ...(!AWS_ACCESS_KEY_ID && !AWS_PROFILE && { credentials }) };
}
