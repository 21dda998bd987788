import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createState } from '../../src/domain/testing/fixtures.js';
import { RedisServer } from '../backends/redis-server.js';
import { bareClient, connect, openStore } from './fixtures.js';

let server: RedisServer;
let admin: Redis;

beforeAll(async () => {
  server = await RedisServer.start();
  admin = new Redis(server.url);
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});
afterEach(() => vi.restoreAllMocks());

async function countConnections(): Promise<number> {
  return String(await admin.client('LIST', 'TYPE', 'NORMAL'))
    .trim()
    .split('\n').length;
}

describe('a client that the store makes', () => {
  it('is connected by the first call, and closed by the store, twice if need be', async () => {
    const connections = await countConnections();
    const store = openStore({ url: server.url });
    expect(await countConnections()).toBe(connections);
    await store.save('session', createState(1));
    expect((await store.load('session'))?.turnCount).toBe(1);
    expect(await countConnections()).toBe(connections + 1);
    const peeked = store.peek('session');
    await store.close();
    expect((await peeked)?.turnCount).toBe(1);
    await store.close();
    await vi.waitFor(async () => expect(await countConnections()).toBe(connections), 60_000);
    await expect(store.load('session')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('is closed also while it looks for its server, and says nothing to the console', async () => {
    const said = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')];
    const gone = await RedisServer.create();
    const store = openStore({ url: gone.url });
    await expect(store.load('session')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      cause: { code: 'ECONNREFUSED' },
    });
    await store.close();
    await gone.stop();
    for (const spy of said) expect(spy).not.toHaveBeenCalled();
  });
});

describe('a client that the store is given', () => {
  it('is neither closed nor changed', async () => {
    const client = connect(server);
    const describeClient = () => ({
      options: { ...client.options },
      own: Object.keys(client),
      listeners: client.eventNames().map((name) => [name, client.listenerCount(name)]),
    });
    await client.ping();
    const before = describeClient();
    const store = openStore({ client, agentId: 'other' });
    await store.save('session', createState(2));
    await store.load('session');
    await store.close();
    await store.close();
    expect(describeClient()).toEqual(before);
    expect(client.status).toBe('ready');
    expect(await client.ping()).toBe('PONG');
  });
});

describe('a client of any other make', () => {
  const agentId = 'any';

  it('serves where it has the commands', async () => {
    const store = openStore({ agentId, client: bareClient });
    expect(await store.load('session')).toBe(null);
    await store.save('session', createState(1));
    await store.delete('session');
  });

  it.each([undefined, 0, 'OK', {}, []])(
    'has not saved where it answers something else: %j',
    async (answer) => {
      const store = openStore({ agentId, client: { ...bareClient, evalshaBuffer: async () => answer } });
      await expect(store.save('session', createState(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    },
  );

  it.each([undefined, 'text', 1])('has not loaded where it answers something else: %j', async (answer) => {
    const client = Object.assign({ ...bareClient }, { getBuffer: async () => answer });
    await expect(openStore({ agentId, client }).load('session')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  it('may fail with what is no error', async () => {
    const client = { ...bareClient, getBuffer: () => Promise.reject('No.') };
    await expect(openStore({ agentId, client }).load('session')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      cause: 'No.',
    });
  });
});
