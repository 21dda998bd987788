import { PutItemCommand, type PutItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { DynamoDBSender } from '../dist/adapters/dynamodb/index.js';
import type { RedisClient } from '../dist/adapters/redis/index.js';

/** A client of DynamoDB that answers at once, and keeps the last item that it was sent. */
export function createDynamoDBAtOnce(): DynamoDBSender {
  let stored: PutItemCommandInput['Item'];
  return {
    async send(command) {
      if (!(command instanceof PutItemCommand)) return { Item: stored };
      stored = command.input.Item;
      return {};
    },
  };
}

/** A client of Redis that answers at once, and keeps the last value that it was sent. */
export function createRedisAtOnce(): RedisClient {
  let stored: Uint8Array | null = null;
  const write = async (_script: string, _keys: string, _key?: unknown, value?: string | Uint8Array) => {
    stored = Buffer.from(value ?? '');
    return 1;
  };
  return { getBuffer: async () => stored, del: async () => 1, evalBuffer: write, evalshaBuffer: write };
}
