import { describe, expect, it } from 'vitest';
import { type RedisCommands, RedisConnection } from '../../src/adapters/redis/connection.js';
import { RedisRecordStore } from '../../src/adapters/redis/redis-record-store.js';
import type { Expectation, NewRecord } from '../../src/domain/record-store.js';

const client: RedisCommands = {
  getBuffer: async () => null,
  del: async () => 1,
  evalBuffer: async () => 1,
  evalshaBuffer: async () => 1,
};
const open = (commands: Partial<RedisCommands>) =>
  new RedisRecordStore(new RedisConnection({ ...client, ...commands }), false);

it('asks for the key of each record, whichever was the one before', async () => {
  const asked: string[] = [];
  const records = open({
    getBuffer: async (key) => {
      asked.push(key);
      return null;
    },
  });
  for (const [partition, sort] of ['as', 'bs', 'bt', 'as', 'as', '', 'at'].map((text) => [...text]))
    await records.get({ partition: partition ?? '', sort: sort ?? '' });
  expect(asked).toEqual(['a:s', 'b:s', 'b:t', 'a:s', 'a:s', ':', 'a:t']);
});

describe('a write to a key that something else uses', () => {
  const reject = (message: string) => () => Promise.reject(new Error(message));
  const wrongType = reject('WRONGTYPE Operation against a key holding the wrong kind of value');
  const record: NewRecord = {
    revision: 'r',
    updatedAt: 0,
    entityType: 'test',
    data: {},
    text: '{"json":{}}',
  };
  const expected: Expectation = { absent: true, revisions: [], now: 0 };
  const key = { partition: 'p', sort: 's' };

  it.each([
    ['whose server knows the script', { evalshaBuffer: wrongType }],
    [
      'whose server does not',
      { evalshaBuffer: reject('NOSCRIPT No matching script.'), evalBuffer: wrongType },
    ],
  ])('%s is refused if it expects something, and fails if not', async (_, commands) => {
    const records = open(commands);
    const refused = await records.put(key, record, expected);
    expect(refused).toMatchObject({
      written: false,
      cause: { message: expect.stringContaining('WRONGTYPE') },
    });
    await expect(records.put(key, record, null)).rejects.toMatchObject({ code: 'CORRUPTED' });
  });
});
