import { describe, expect, it } from 'vitest';
import { DynamoDBAgentStore } from '../../src/adapters/dynamodb/index.js';
import {
  createAgentStore,
  InMemoryAgentStore,
  InMemoryRecordStore,
} from '../../src/adapters/memory/index.js';

const client = { send: async () => ({}) };
const required = { tableName: 'table', agentId: 'agent' };

describe('an option that cannot work', () => {
  it.each<[string, Record<string, unknown>]>([
    ['tableName', { tableName: undefined }],
    ['tableName', { tableName: '' }],
    ['partitionKeyName', { partitionKeyName: '' }],
    ['partitionKeyName', { partitionKeyName: 'state' }],
    ['partitionKeyName', { partitionKeyName: 'stateNotes' }],
    ['sortKeyName', { sortKeyName: 'pk' }],
    ['sortKeyName', { sortKeyName: 'entityType' }],
    ['sortKeyName', { sortKeyName: 'revision' }],
    ['ttlAttributeName', { ttlAttributeName: 'sk' }],
    ['ttlAttributeName', { ttlAttributeName: 'updatedAt' }],
    ['ttlAttributeName', { partitionKeyName: 'ttl' }],
    ['ttlAttributeName', { ttlAttributeName: '__proto__' }],
    ['entityType', { entityType: '' }],
    ['consistentRead', { consistentRead: 'yes' }],
    ['compression', { compression: 'gzip' }],
    ['documentClient', { documentClient: {} }],
    ['documentClient', { documentClient: null }],
    ['dynamoDbClientConfig', { documentClient: client, dynamoDbClientConfig: {} }],
    ['dynamoDbClientConfig', { dynamoDbClientConfig: 'us-east-1' }],
    ['attributes', { attributes: { tenant: 'one' } }],
    ['tablename', { tablename: 'table' }],
  ])('is refused by the constructor with its name: %s %j', (option, given) => {
    expect(() => new DynamoDBAgentStore({ ...required, ...given })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION',
        operation: 'constructor',
        message: expect.stringContaining(`"${option}"`),
      }),
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ['agentId', { agentId: undefined }],
    ['agentId', { agentId: '' }],
    ['agentId', { agentId: '\ud800' }],
    ['agentKeyPrefix', { agentKeyPrefix: 1 }],
    ['contextKeyPrefix', { contextKeyPrefix: '\udfff' }],
    ['keySchema', { keySchema: {} }],
    ['agentKeyPrefix', { keySchema: { key: () => ({}) }, agentKeyPrefix: '' }],
    ['contextKeyPrefix', { keySchema: { key: () => ({}) }, contextKeyPrefix: '' }],
    ['serializer', { serializer: { serialize: () => null } }],
    ['serializer', { serializer: null }],
    ['ttlSeconds', { ttlSeconds: 0 }],
    ['ttlSeconds', { ttlSeconds: -1 }],
    ['ttlSeconds', { ttlSeconds: Number.NaN }],
    ['ttlSeconds', { ttlSeconds: Number.POSITIVE_INFINITY }],
    ['ttlSeconds', { ttlSeconds: '60' }],
    ['concurrency', { concurrency: 'pessimistic' }],
    ['maxTrackedContexts', { maxTrackedContexts: 0 }],
    ['maxTrackedContexts', { maxTrackedContexts: 1.5 }],
    ['maxStateBytes', { maxStateBytes: 0 }],
    ['maxStateBytes', { maxStateBytes: 2 ** 29 }],
    ['partKeyPrefix', { partKeyPrefix: '' }],
    ['partKeyPrefix', { partKeyPrefix: '\ud800' }],
    ['contextKeyPrefix', { contextKeyPrefix: 'part#session#' }],
    ['now', { now: 1_800_000_000_000 }],
    ['ttlSecond', { ttlSecond: 60 }],
    ['toString', { toString: 'agent' }],
  ])('is refused by every store: %s %j', (option, given) => {
    const refusal = expect.objectContaining({
      code: 'CONFIGURATION',
      operation: 'constructor',
      message: expect.stringContaining(`"${option}"`),
    });
    expect(() => new InMemoryAgentStore({ agentId: 'agent', ...given })).toThrow(refusal);
    expect(() => new DynamoDBAgentStore({ ...required, ...given })).toThrow(refusal);
    const records = new InMemoryRecordStore();
    expect(() => createAgentStore(records, { agentId: 'agent', ...given })).toThrow(refusal);
  });

  it('is refused where there are none at all', () => {
    const refusal = expect.objectContaining({ code: 'CONFIGURATION', message: 'The options are missing.' });
    for (const none of [undefined, null, 'agent'])
      expect(() => Reflect.construct(InMemoryAgentStore, [none])).toThrow(refusal);
  });

  it('is let pass if it is unknown, and has no value', () => {
    expect(() => new InMemoryAgentStore(Object.assign({ agentId: 'a' }, { ttl: undefined }))).not.toThrow();
  });
});
