import type { RedisOptions } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RedisAgentStore } from '../../src/adapters/redis/index.js';
import { createState } from '../../src/testing/fixtures.js';
import { RedisServer } from '../backends/redis-server.js';
import { connect, openStore, startServer } from './fixtures.js';

/** What a server needs to have, after it was killed, all that it has acknowledged. */
const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** Clients whose calls end soon, one way or another, when nobody answers. */
const impatient: RedisOptions = { maxRetriesPerRequest: 1, retryStrategy: () => 20 };
const patient: RedisOptions = {
  maxRetriesPerRequest: null,
  retryStrategy: () => 20,
  commandTimeout: 120_000,
};
const punctual: RedisOptions = { maxRetriesPerRequest: null, retryStrategy: () => 20, commandTimeout: 200 };

const clients: [string, RedisOptions | undefined][] = [
  ['a client that gives up', impatient],
  ['a client that waits', punctual],
  ['a client of its own', undefined],
];

const patience = { timeout: 60_000, interval: 20 };
const unavailable = { code: 'UNAVAILABLE', cause: expect.any(Error) };

function openThrough(server: RedisServer, options: RedisOptions | undefined): RedisAgentStore {
  return openStore(options === undefined ? { url: server.url } : { client: connect(server, options) });
}

async function expectUnavailable(store: RedisAgentStore): Promise<void> {
  const calls = [
    store.save('session', createState(99)),
    store.load('other'),
    store.peek('another'),
    store.delete('third'),
  ];
  for (const outcome of await Promise.allSettled(calls))
    expect(outcome).toMatchObject({ reason: unavailable });
}

/** Repeats a call until a server that has come back has been found. */
async function untilLoaded(store: RedisAgentStore, turnCount: number | null): Promise<void> {
  await vi.waitFor(async () => {
    expect((await store.load('session'))?.turnCount ?? null).toBe(turnCount);
  }, patience);
}

async function untilSaved(store: RedisAgentStore, turnCount: number): Promise<void> {
  await vi.waitFor(() => store.save('session', createState(turnCount)), patience);
}

describe('a server that is down', () => {
  it.each(clients)(
    'when the store is made fails every call, and works with the same store later: %s',
    async (_, options) => {
      const server = await RedisServer.create();
      onTestFinished(() => server.stop());
      const store = openThrough(server, options);
      await expectUnavailable(store);
      await server.start();
      await untilLoaded(store, null);
      await untilSaved(store, 1);
      await untilLoaded(store, 1);
    },
  );

  it.each(clients)('for a while loses nothing that was acknowledged: %s', async (_, options) => {
    const server = await startServer(...durable);
    const store = openThrough(server, options);
    await untilSaved(store, 1);
    await server.kill();
    await expectUnavailable(store);
    await server.start();
    await untilSaved(store, 2);
    await untilLoaded(store, 2);
  });
});

describe('a server that is killed in the middle of a command', () => {
  it.each(clients)(
    'leaves the outcome open, and the next save goes on from either: %s',
    async (_, options) => {
      const server = await startServer(...durable);
      const store = openThrough(server, options);
      await store.save('session', createState(1));
      server.pause();
      const calls = [store.save('session', createState(2)), store.peek('another'), store.delete('third')];
      const outcomes = Promise.allSettled(calls);
      // The requests are on their way before the server is gone.
      await new Promise(setImmediate);
      await server.kill();
      for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: unavailable });
      await server.start();
      await untilSaved(store, 3);
      expect((await openStore({ client: connect(server) }).load('session'))?.turnCount).toBe(3);
    },
  );

  it('is noticed by the client itself, where that tries again', async () => {
    const server = await startServer(...durable);
    const store = openStore({ client: connect(server, patient) });
    await store.save('session', createState(1));
    server.pause();
    const saving = store.save('session', createState(2));
    await new Promise(setImmediate);
    await server.kill();
    await server.start();
    await saving;
    expect((await store.load('session'))?.turnCount).toBe(2);
  });
});

describe('a server that does not answer', () => {
  it.each(clients.slice(1))(
    'has each call fail in time, and no later save refused: %s',
    async (_, options) => {
      const server = await startServer();
      const store = openThrough(server, options);
      await store.save('session', createState(1));
      server.pause();
      await expectUnavailable(store);
      server.resume();
      await untilSaved(store, 4);
      expect((await openStore({ client: connect(server) }).load('session'))?.turnCount).toBe(4);
    },
  );
});

describe('a server that is loading its data', () => {
  it.each([
    ['a client that waits for it', undefined],
    ['a client that does not', { enableReadyCheck: false }],
  ])('is unavailable at most until it has loaded them: %s', async (_, options) => {
    // So slow that it goes on until it is told to be quick, which it listens for after each key.
    const slow = ['--key-load-delay', '20000', '--loading-process-events-interval-bytes', '1024'];
    const server = await startServer(...slow, '--rdbcompression', 'no');
    const before = connect(server);
    await openStore({ client: before }).save('session', createState(1));
    const fill = Array.from({ length: 5_000 }, (_, index) => [`fill-${index}`, 'x'.repeat(1_024)]).flat();
    await before.mset(...fill);
    await before.save();
    await server.kill();
    await server.start(/Server initialized/);
    const admin = connect(server, { enableReadyCheck: false });
    await vi.waitFor(async () => expect(await admin.info('persistence')).toContain('loading:1'), patience);
    const store = openThrough(server, options);
    if (options === undefined) {
      const loading = store.peek('session');
      await admin.config('SET', 'key-load-delay', '0');
      await Promise.allSettled([loading]);
    } else {
      await expect(store.load('session')).rejects.toMatchObject({
        ...unavailable,
        message: expect.stringContaining('still loading'),
      });
      await admin.config('SET', 'key-load-delay', '0');
    }
    await untilLoaded(store, 1);
    await untilSaved(store, 2);
  });
});
