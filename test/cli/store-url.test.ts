import { describe, expect, it } from 'vitest';
import { toStoreOptions } from '../../src/cli/stores/store-options.js';
import { parseStoreUrl } from '../../src/cli/stores/store-url.js';

describe('the URL of a store', () => {
  it('names a table, with everything that a store can be told of it', () => {
    const url = parseStoreUrl(
      'dynamodb://eu-west-1/app-data?agentId=a%26b&endpoint=http%3A%2F%2Flocalhost%3A8000&partitionKeyName=PK&sortKeyName=SK&ttlAttributeName=expires&contextKeyPrefix=SESSION%23&messageKeyPrefix=&ttlSeconds=60&messageTtlSeconds=90&maxStateBytes=1000',
    );
    expect(url).toEqual({
      kind: 'dynamodb',
      tableName: 'app-data',
      region: 'eu-west-1',
      endpoint: 'http://localhost:8000',
      agentId: 'a&b',
      attributeNames: { partitionKeyName: 'PK', sortKeyName: 'SK', ttlAttributeName: 'expires' },
      prefixes: { contextKeyPrefix: 'SESSION#', messageKeyPrefix: '' },
      ttlSeconds: 60,
      messageTtlSeconds: 90,
      maxStateBytes: 1_000,
    });
  });

  it('tells each store what is meant for it', () => {
    const prefixes = ['agent', 'context', 'message', 'part', 'lease', 'event', 'request', 'owner'];
    const query = prefixes.map((name) => `${name}KeyPrefix=${name}`).join('&');
    const url = parseStoreUrl(
      `memory:?agentId=a&${query}&ttlSeconds=60&messageTtlSeconds=90&maxStateBytes=1000`,
    );
    const shared = {
      agentId: 'a',
      agentKeyPrefix: 'agent',
      contextKeyPrefix: 'context',
      partKeyPrefix: 'part',
    };
    expect(toStoreOptions(url)).toEqual({
      agent: { ...shared, ttlSeconds: 60, maxStateBytes: 1_000 },
      messages: { ...shared, messageKeyPrefix: 'message', ttlSeconds: 90 },
      turns: {
        ...shared,
        messageKeyPrefix: 'message',
        leaseKeyPrefix: 'lease',
        eventKeyPrefix: 'event',
        requestKeyPrefix: 'request',
        ownerKeyPrefix: 'owner',
      },
    });
  });

  it('names a table in the region of the environment, and one of another account', () => {
    expect(parseStoreUrl('dynamodb:///agent-state?agentId=a')).not.toHaveProperty('region');
    const arn = 'arn:aws:dynamodb:us-east-1:123456789012:table/agent-state';
    const url = parseStoreUrl(`dynamodb://us-east-1/${encodeURIComponent(arn)}?agentId=a`);
    expect(url).toMatchObject({ tableName: arn });
  });

  it('names a Redis, and keeps from its client what is not for it', () => {
    const url = parseStoreUrl(
      'rediss://me:p%40ss@cache.example:6380/2?agentId=a&cluster=true&keyPrefix=app%3A',
    );
    expect(url).toMatchObject({ kind: 'redis', agentId: 'a', isCluster: true, keyPrefix: 'app:' });
    expect(url).toMatchObject({ server: new URL('rediss://me:p%40ss@cache.example:6380/2') });
    expect(parseStoreUrl('redis://localhost?agentId=a&cluster=false')).toMatchObject({ isCluster: false });
  });

  it('names memory, and an agent if it is to be another one than usual', () => {
    expect(parseStoreUrl('memory:')).toMatchObject({ kind: 'memory', name: '', agentId: 'demo' });
    expect(parseStoreUrl('memory:a?agentId=b')).toMatchObject({ name: 'a', agentId: 'b' });
  });

  it.each([
    ['text that is no URL', 'agent-state', 'The URL of a store must be dynamodb://'],
    ['another kind of store', 'mysql://secret@host/db', 'There are no stores at mysql: URLs'],
    ['no agent', 'dynamodb://us-east-1/agent-state', 'add ?agentId=<id> to it'],
    ['an empty agent', 'redis://secret@host?agentId=', 'add ?agentId=<id> to it'],
    ['no table', 'dynamodb://us-east-1?agentId=a', 'names no table'],
    ['a table whose name is none', 'dynamodb://us-east-1/a%20b?agentId=a', 'names no table'],
    ['a table that cannot be decoded', 'dynamodb://us-east-1/%zz?agentId=a', 'names no table'],
    ['a region that is none', 'dynamodb://us_east/agent-state?agentId=a', 'no region of AWS'],
    [
      'credentials of AWS',
      'dynamodb://key:secret@us-east-1/agent-state?agentId=a',
      'Credentials of AWS do not belong',
    ],
    [
      'an endpoint that is none',
      'dynamodb://us-east-1/agent-state?agentId=a&endpoint=localhost:8000',
      '"endpoint"',
    ],
    [
      'an endpoint without a host',
      'dynamodb://us-east-1/agent-state?agentId=a&endpoint=secret',
      '"endpoint"',
    ],
    ['an unknown parameter', 'memory:?agent=a', '"agent" in the URL is not known; known are agentId, '],
    [
      'a parameter of another backend',
      'redis://host?agentId=a&sortKeyName=SK',
      '"sortKeyName" in the URL is not known',
    ],
    ['a parameter that is there twice', 'memory:?agentId=a&agentId=b', '"agentId" is in the URL twice'],
    [
      'a number that is none',
      'memory:?ttlSeconds=1.5',
      '"ttlSeconds" in the URL must be a whole number above 0',
    ],
    ['no host', 'redis:///0?agentId=a', 'must be redis://<host>'],
    ['a database that is no number', 'redis://host/db?agentId=a', 'must be redis://<host>'],
    [
      'a cluster that is neither',
      'redis://host?agentId=a&cluster=yes',
      '"cluster" in the URL must be true or false',
    ],
    ['a password that cannot be decoded', 'redis://:secret%zz@host?agentId=a', 'must be written as %25'],
    ['a user that cannot be decoded', 'redis://secret%zz@host?agentId=a', 'must be written as %25'],
  ])('is refused with %s, without being repeated', (_, text, says) => {
    const parse = () => parseStoreUrl(text);
    expect(parse).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringContaining(says) }),
    );
    expect(parse).not.toThrow(/secret/);
  });
});
