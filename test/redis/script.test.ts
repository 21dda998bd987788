import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RedisClient } from '../../src/adapters/redis/index.js';
import { createState } from '../../src/testing/fixtures.js';
import { RedisServer } from '../backends/redis-server.js';
import { connect, openStore, startServer } from './fixtures.js';

let server: RedisServer;
let client: Redis;

beforeAll(async () => {
  // A replica need not wait for others to come.
  server = await RedisServer.start('--repl-diskless-sync-delay', '0');
  client = new Redis(server.url);
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await client.flushall();
  await client.script('FLUSH');
});

/** A client that notes what goes through it. */
function observe(observed: RedisClient) {
  const sent: string[] = [];
  const note = <T>(name: string, answer: T): T => {
    sent.push(name);
    return answer;
  };
  const observing: RedisClient = {
    getBuffer: (key) => note('get', observed.getBuffer(key)),
    del: (key) => note('del', observed.del(key)),
    evalBuffer: async (...script) => note('eval', observed.evalBuffer?.(...script)),
    evalshaBuffer: async (...script) => note('evalsha', observed.evalshaBuffer?.(...script)),
  };
  return { client: observing, sent };
}

describe('a call', () => {
  it('is one round trip, but for the first save that a server sees', async () => {
    const { client: observing, sent } = observe(client);
    const store = openStore({ client: observing, ttlSeconds: 60 });
    await store.save('session', createState(1));
    expect(sent.splice(0)).toEqual(['evalsha', 'eval']);
    await store.save('session', createState(2));
    expect(sent.splice(0)).toEqual(['evalsha']);
    await store.load('session');
    await store.peek('session');
    expect(sent.splice(0)).toEqual(['get', 'get']);
    const other = openStore({ client: observing, ttlSeconds: 60 });
    await expect(other.save('session', createState(3))).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(sent.splice(0)).toEqual(['evalsha']);
    await store.delete('session');
    expect(sent.splice(0)).toEqual(['get', 'evalsha']);
  });

  it('is atomic: of many saves at once, each instance has those that follow on what it saw', async () => {
    const clients = Array.from({ length: 5 }, () => connect(server));
    const outcomes = await Promise.allSettled(
      clients.flatMap((client) =>
        Array.from({ length: 20 }, () => openStore({ client }).save('session', createState(1))),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('the script', () => {
  it('is sent again where it has been forgotten between two saves', async () => {
    const store = openStore({ client });
    await store.save('session', createState(1));
    await client.script('FLUSH');
    await store.save('session', createState(2));
    await Promise.all([client.script('FLUSH'), store.save('session', createState(3))]);
    expect((await openStore({ client }).load('session'))?.turnCount).toBe(3);
  });

  it('is known to a primary that was a replica', async () => {
    const replica = await startServer('--replicaof', '127.0.0.1', String(server.port));
    const promoted = connect(replica);
    await openStore({ client }).save('session', createState(1));
    await vi.waitFor(async () => {
      expect((await openStore({ client: promoted }).peek('session'))?.turnCount).toBe(1);
    }, 60_000);
    const store = openStore({ client: promoted });
    await store.load('session');
    await promoted.replicaof('NO', 'ONE');
    await store.save('session', createState(2));
    expect((await store.load('session'))?.turnCount).toBe(2);
  });

  it('refuses a save over what a FLUSHALL has removed', async () => {
    const store = openStore({ client });
    await store.save('session', createState(1));
    await client.flushall();
    await expect(store.save('session', createState(2))).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await store.load('session')).toBe(null);
    await store.save('session', createState(1));
  });
});
