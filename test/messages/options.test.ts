import { describe, expect, it } from 'vitest';
import {
  createMessageStore,
  DynamoDBMessageStore,
  InMemoryMessageStore,
  InMemoryRecordStore,
  RedisMessageStore,
} from '../../src/stores.js';

const agentId = 'support';
const refused = (option: string) =>
  expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringContaining(`"${option}"`) });

describe('the options of the message stores', () => {
  it.each([
    ['agentId', {}],
    ['agentId', { agentId: '' }],
    ['agentKeyPrefix', { agentId, agentKeyPrefix: '\ud800' }],
    ['messageKeyPrefix', { agentId, messageKeyPrefix: '' }],
    ['messageKeyPrefix', { agentId, messageKeyPrefix: 'context#x' }],
    ['messageKeyPrefix', { agentId, messageKeyPrefix: 'part' }],
    ['messageKeyPrefix', { agentId, messageKeyPrefix: 5 }],
    ['messageKeyPrefix', { agentId, contextKeyPrefix: '' }],
    ['messageKeyPrefix', { agentId, messageKeyPrefix: 'a', keySchema: { key: () => ({}) } }],
    ['keySchema', { agentId, keySchema: {} }],
    ['serializer', { agentId, serializer: {} }],
    ['ttlSeconds', { agentId, ttlSeconds: 0 }],
    ['heal', { agentId, heal: 'never' }],
    ['onCorrupted', { agentId, onCorrupted: 'ignore' }],
    ['countTokens', { agentId, countTokens: 4 }],
    ['summarize', { agentId, summarize: 'short' }],
    ['now', { agentId, now: 0 }],
    ['contextPrefix', { agentId, contextPrefix: 'x' }],
  ])('refuses a wrong "%s"', (option, options) => {
    expect(() => Reflect.construct(InMemoryMessageStore, [options])).toThrow(refused(option));
  });

  it('refuses those of a backend as its agent store does', () => {
    expect(() => Reflect.construct(DynamoDBMessageStore, [{ agentId }])).toThrow(refused('tableName'));
    const table = { agentId, tableName: 't' };
    expect(() => Reflect.construct(DynamoDBMessageStore, [{ ...table, attributes: 1 }])).toThrow(
      refused('attributes'),
    );
    expect(() => Reflect.construct(RedisMessageStore, [{ agentId }])).toThrow(refused('client'));
    expect(() =>
      Reflect.apply(createMessageStore, null, [new InMemoryRecordStore(), { agentId, ttl: 1 }]),
    ).toThrow(refused('ttl'));
  });

  it('takes a key schema, whose keys must not be those of parts', async () => {
    const keySchema = {
      key: ({ contextId }: { contextId: string }) => ({ partition: 'p', sort: contextId }),
    };
    const store = new InMemoryMessageStore({ agentId, keySchema });
    await store.append('s', { role: 'user', content: 'Hello' });
    expect(await store.getCount('s')).toBe(1);
    await expect(store.getCount('part#s')).rejects.toMatchObject({ code: 'INVALID_KEY' });
  });
});
