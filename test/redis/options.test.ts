import { afterEach, describe, expect, it, vi } from 'vitest';
import { RedisAgentStore } from '../../src/adapters/redis/index.js';
import { createState } from '../../src/testing/fixtures.js';
import { bareClient } from './fixtures.js';

const agentId = 'agent';

const client = bareClient;

afterEach(() => {
  vi.doUnmock('ioredis');
  vi.resetModules();
});

describe('an option that cannot work', () => {
  it.each<[string, Record<string, unknown>]>([
    ['client', {}],
    ['client', { client: null }],
    ['client', { client: 'redis://localhost' }],
    ['client', { client: { ...client, getBuffer: undefined } }],
    ['client', { client: { ...client, del: undefined } }],
    ['client', { client: { ...client, evalBuffer: undefined } }],
    ['client', { client: { ...client, evalshaBuffer: undefined } }],
    ['url', { client, url: 'redis://localhost' }],
    ['url', { url: '' }],
    ['url', { url: 'localhost:6379' }],
    ['url', { url: 'https://localhost' }],
    ['url', { url: 6379 }],
    ['url', { url: 'redis://localhost/one' }],
    ['url', { url: 'redis://localhost/0/1' }],
    ['compression', { client, compression: 'gzip' }],
    ['clients', { client, clients: client }],
    ['agentId', { client, agentId: '' }],
    ['agentKeyPrefix', { client, agentKeyPrefix: 1 }],
    ['ttlSeconds', { client, ttlSeconds: 0 }],
    ['concurrency', { client, concurrency: 'pessimistic' }],
  ])('is refused by the constructor with its name: %s %j', (option, given) => {
    expect(() => new RedisAgentStore({ agentId, ...given })).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION',
        operation: 'constructor',
        message: expect.stringContaining(`"${option}"`),
      }),
    );
  });

  it('is refused without a word of the password in it', () => {
    const refuse = () => new RedisAgentStore({ agentId, url: 'redis://:sesame@local host:port' });
    expect(refuse).toThrow(expect.objectContaining({ message: expect.not.stringContaining('sesame') }));
    expect(refuse).toThrow(expect.not.objectContaining({ cause: expect.anything() }));
  });
});

describe('ioredis', () => {
  it('is not loaded where a client is given', async () => {
    const load = vi.fn(() => ({}));
    vi.doMock('ioredis', load);
    const store = new RedisAgentStore({ agentId, client });
    await expect(store.load('session')).resolves.toBe(null);
    await store.save('session', createState(1));
    await store.delete('session');
    await store.close();
    expect(load).not.toHaveBeenCalled();
  });

  it('is not loaded before it is needed', async () => {
    const load = vi.fn(() => ({}));
    vi.doMock('ioredis', load);
    const store = new RedisAgentStore({ agentId, url: 'redis://localhost' });
    await store.close();
    await store.close();
    expect(load).not.toHaveBeenCalled();
  });

  it('is asked for where it is not installed', async () => {
    vi.doMock('ioredis', () => {
      throw new Error('Cannot find package');
    });
    const store = new RedisAgentStore({ agentId, url: 'redis://localhost' });
    for (const call of [() => store.load('session'), () => store.save('other', createState(1))]) {
      await expect(call()).rejects.toMatchObject({
        code: 'CONFIGURATION',
        message: expect.stringContaining('"ioredis" could not be loaded. Install it'),
        cause: expect.any(Error),
      });
    }
    await store.close();
  });
});

it('leaves no timer behind, whether a request is answered or fails', async () => {
  const countTimers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = countTimers();
  const answered = new RedisAgentStore({ agentId, client });
  await answered.load('session');
  await answered.save('session', createState(1));
  expect(countTimers()).toBe(before);
  const getBuffer = async () => {
    throw new Error('ECONNRESET');
  };
  const failing = new RedisAgentStore({ agentId, client: { ...client, getBuffer } });
  await expect(failing.load('session')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(countTimers()).toBe(before);
});
