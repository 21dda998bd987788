import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createState } from '../../src/testing/fixtures.js';
import { RedisServer } from '../backends/redis-server.js';
import { bareClient, connect, openStore, startServer } from './fixtures.js';
import { Relay } from './relay.js';

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
beforeEach(() => admin.flushall());
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

describe('the connection of a client that the store makes', () => {
  const patience = { timeout: 60_000, interval: 20 };

  it('is made anew where it has died without a word', async () => {
    const relay = await Relay.start(server.port);
    const store = openStore({ url: relay.url });
    await store.save('session', createState(1));
    relay.cutSilently();
    await expect(store.load('session')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      cause: { message: expect.stringMatching(/timed out|5000 ms/) },
    });
    await vi.waitFor(() => store.load('session'), patience);
    await store.delete('session');
  });

  it('is made anew after a failover behind the same address', async () => {
    const successor = await startServer();
    const relay = await Relay.start(server.port);
    const store = openStore({ url: relay.url });
    await store.load('session');
    onTestFinished(async () => {
      await admin.replicaof('NO', 'ONE');
    });
    await admin.replicaof('127.0.0.1', successor.port);
    relay.leadTo(successor.port);
    await expect(store.save('session', createState(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await vi.waitFor(() => store.save('session', createState(1)), patience);
    expect((await openStore({ client: connect(successor) }).load('session'))?.turnCount).toBe(1);
  });

  it('is looked for a few times, and then the call fails', async () => {
    const gone = await startServer();
    const store = openStore({ url: gone.url });
    await store.load('session');
    await gone.kill();
    await expect(store.load('session')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      cause: { name: 'MaxRetriesPerRequestError', message: expect.stringContaining('5') },
    });
  });

  it('leaves the outcome of a save open, also where it cannot be made anew for want of a password', async () => {
    const guarded = await startServer();
    const master = connect(guarded);
    const store = openStore({ url: guarded.url });
    await store.save('session', createState(1));
    await master.client('PAUSE', 100_000, 'WRITE');
    const saving = store.save('session', createState(2));
    await vi.waitFor(async () => {
      expect(await master.client('LIST')).toContain('cmd=evalsha');
    }, patience);
    await master.config('SET', 'requirepass', 'sesame');
    await master.client('KILL', 'TYPE', 'NORMAL');
    await expect(saving).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

it('explains what a client throws before it sends anything', async () => {
  const getBuffer = () => {
    throw new Error('not connected');
  };
  await expect(openStore({ client: { ...bareClient, getBuffer } }).load('session')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    cause: { message: 'not connected' },
  });
});

describe('the time that a call may take', () => {
  it.each([
    ['that of the client', { commandTimeout: 20 }, '20 ms'],
    ["that of a Cluster's nodes", { redisOptions: { commandTimeout: 30 } }, '30 ms'],
  ])('is %s', async (_, options, limit) => {
    const client = { ...bareClient, options, getBuffer: () => new Promise<never>(() => undefined) };
    await expect(openStore({ client }).load('session')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      cause: { message: expect.stringContaining(limit) },
    });
  });

  it('is ten seconds where the client sets none', async () => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const client = { ...bareClient, getBuffer: () => new Promise<never>(() => undefined) };
    const loading = openStore({ client }).load('session');
    const outcome = expect(loading).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await vi.advanceTimersByTimeAsync(10_000);
    await outcome;
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
    const store = openStore({ client });
    await store.save('session', createState(2));
    await store.load('session');
    await store.close();
    await store.close();
    expect(describeClient()).toEqual(before);
    expect(client.status).toBe('ready');
    expect(await client.ping()).toBe('PONG');
  });
});

describe('a client without a socketTimeout', () => {
  it('is warned of once, and one that says nothing of its options is not', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const cluster = { ...bareClient, options: { redisOptions: { socketTimeout: 5_000 } } };
    for (const client of [connect(server, { socketTimeout: 5_000 }), cluster, bareClient])
      openStore({ client });
    expect(warn).not.toHaveBeenCalled();
    const without = connect(server, { socketTimeout: undefined });
    for (const client of [without, without, { ...bareClient, options: { redisOptions: {} } }])
      openStore({ client });
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      expect.stringContaining('Give ioredis socketTimeout: 5000'),
      expect.stringContaining('"redisOptions"'),
    ]);
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
