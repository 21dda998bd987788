import { gunzipSync } from 'node:zlib';
import { Redis, type RedisOptions } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RedisAgentStoreOptions } from '../../src/adapters/redis/redis-agent-store.js';
import { defaultSerializer } from '../../src/domain/default-serializer.js';
import type { StateSerializer } from '../../src/domain/state-serializer.js';
import { createClock, createState } from '../../src/testing/fixtures.js';
import { assertSameValue } from '../../src/testing/index.js';
import { RedisServer } from '../backends/redis-server.js';
import { openStore } from './fixtures.js';

const key = 'agent#agent:context#session';

let server: RedisServer;
let client: Redis;

beforeAll(async () => {
  server = await RedisServer.start();
  client = new Redis(server.url);
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
beforeEach(() => client.flushall());

describe('the key of a session', () => {
  it.each([
    ['support', 'session-1', 'agent#support:context#session-1'],
    ['suppört', 'сессия 🙂', 'agent#suppört:context#сессия 🙂'],
    ['a:b', 'c:d', 'agent#a%3Ab:context#c%3Ad'],
    ['{a}', '}b{', 'agent#%7Ba%7D:context#%7Db%7B'],
    ['100%', '%3A', 'agent#100%25:context#%253A'],
  ])('can be read, and says what it stands for: %s, %s', async (agentId, contextId, expected) => {
    await openStore({ client, agentId }).save(contextId, createState(1));
    expect(await client.keys('*')).toEqual([expected]);
  });

  it('is made of whatever the prefixes and the schema give', async () => {
    await openStore({ client, agentKeyPrefix: '{tenant}:', contextKeyPrefix: '' }).save('s', createState(1));
    const keySchema = { key: () => ({ partition: 'one', sort: 'two' }) };
    await openStore({ client, keySchema }).save('s', createState(1));
    expect((await client.keys('*')).sort()).toEqual(['%7Btenant%7D%3Aagent:s', 'one:two']);
  });

  it('comes behind the prefix that the client is configured with', async () => {
    const prefixing = new Redis(server.url, { keyPrefix: 'app:' });
    const store = openStore({ client: prefixing });
    await store.save('session', createState(1));
    await store.save('session', createState(2));
    expect((await openStore({ client: prefixing }).load('session'))?.turnCount).toBe(2);
    expect(await openStore({ client }).load('session')).toBe(null);
    expect(await client.keys('*')).toEqual([`app:${key}`]);
    await store.delete('session');
    expect(await client.keys('*')).toEqual([]);
    prefixing.disconnect();
  });
});

describe('the value of a session', () => {
  it('can be read: a line with the revision and the expiry, and plain JSON behind it', async () => {
    const { now } = createClock(1_800_000_000_000);
    await openStore({ client, now }).save('session', createState(1, { metadata: { topic: 'Wetter ☀️' } }));
    expect(await client.get(key)).toMatch(/^[\w-]{22} -\n\{"json":\{"status":"idle",.*"Wetter ☀️"/);
    await openStore({ client, now, agentId: 'other', ttlSeconds: 60 }).save('session', createState(1));
    expect(await client.get('agent#other:context#session')).toMatch(/^[\w-]{22} 1800000060\n\{"json":/);
  });

  it('is plain as long as it is small', async () => {
    const store = openStore({ client, compression: 'on' });
    for (const [length, isPlain] of [
      [3_000, true],
      [5_000, false],
    ] as const) {
      await store.save('session', createState(1, { metadata: { text: 'a'.repeat(length) } }));
      expect((await readState()).includes('aaaa')).toBe(isPlain);
    }
    expect(gunzipSync(await readState()).toString()).toMatch(/^\{"json":\{"status":"idle",.*aaaa/);
    expect((await openStore({ client }).load('session'))?.metadata?.text).toBe('a'.repeat(5_000));
  });

  it('is plain where compression is off, and read in either form', async () => {
    const state = createState(1, { metadata: { text: 'a'.repeat(50_000) } });
    const plain = openStore({ client, compression: 'off' });
    await plain.save('session', state);
    expect((await readState()).toString()).toMatch(/^\{"json":.*aaaa/);
    const compressing = openStore({ client, compression: 'on' });
    assertSameValue(await compressing.load('session'), state);
    await compressing.save('session', state);
    expect((await readState()).includes('aaaa')).toBe(false);
    assertSameValue(await plain.load('session'), state);
  });

  it('is compressed on its way to another machine, as far as the address says', async () => {
    const state = createState(1, { metadata: { text: 'a'.repeat(5_000) } });
    const compresses = async (options: Partial<RedisAgentStoreOptions>) => {
      await openStore(options).save('session', state);
      return !(await readState()).includes('aaaa');
    };
    expect(await compresses({ client })).toBe(false);
    await client.flushall();
    expect(await compresses({ url: server.url })).toBe(false);
    await client.flushall();
    expect(await compresses({ url: server.url, compression: 'on' })).toBe(true);
    await client.flushall();
    expect(await compresses({ url: server.url.replace('127.0.0.1', '[::ffff:127.0.0.1]') })).toBe(true);
  });

  it('keeps the bytes of a serializer as they are, however large and whatever the client makes of text', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 256);
    const received: unknown[] = [];
    const serializer: StateSerializer = {
      serialize: () => bytes,
      deserialize: (data) => {
        received.push(data);
        return createState(7);
      },
    };
    await openStore({ client, serializer }).save('session', createState(1));
    expect((await openStore({ client, serializer }).load('session'))?.turnCount).toBe(7);
    expect(received).toEqual([bytes]);
    await expect(openStore({ client, serializer }).save('session', createState(2))).rejects.toMatchObject({
      code: 'CONFLICT',
      current: { turnCount: 7 },
    });
    expect(received).toEqual([bytes, bytes]);
  });
});

describe('the expiry of a key', () => {
  const ttlSeconds = 100_000;

  it.each([
    ['long past', 0],
    ['right', Date.now()],
    ['far ahead', 8_640_000_000_000],
  ])('comes no earlier than that of the state, by a clock that is %s', async (_, time) => {
    const store = openStore({ client, ttlSeconds, now: () => time });
    await store.save('session', createState(1));
    const left = await client.pttl(key);
    expect(left).toBeGreaterThan((ttlSeconds - 60) * 1_000);
    expect(left).toBeLessThanOrEqual((ttlSeconds + 1) * 1_000);
    expect((await store.load('session'))?.turnCount).toBe(1);
  });

  it('goes with a save that sets none', async () => {
    await openStore({ client, ttlSeconds }).save('session', createState(1));
    const lasting = openStore({ client });
    await lasting.load('session');
    await lasting.save('session', createState(2));
    expect(await client.pttl(key)).toBe(-1);
  });

  it.each([1e-9, Number.MAX_VALUE])('may be as near or as far as can be: %d s', async (extreme) => {
    const now = () => 1_800_000_000_000;
    await openStore({ client, ttlSeconds: extreme, now }).save('session', createState(1));
    await openStore({ client, ttlSeconds: extreme, now, concurrency: 'last-write-wins' }).save(
      'session',
      createState(2),
    );
    const fresh = openStore({ client, now });
    expect((await fresh.load('session'))?.turnCount ?? null).toBe(extreme < 1 ? null : 2);
  });

  it('removes a state that has expired', async () => {
    await openStore({ client, ttlSeconds: 0.001, now: () => 999 }).save('session', createState(1));
    await vi.waitFor(async () => expect(await client.exists(key)).toBe(0), { timeout: 60_000 });
  });
});

describe('a client configured as users do', () => {
  const states = [createState(1), createState(2, { metadata: { text: 'é'.repeat(5_000) } })];

  it.each<[string, RedisOptions]>([
    ['without RESP3', { protocol: 2 }],
    ['with replies as in RESP3', { replyMapping: 'resp3' }],
    ['with numbers as text', { stringNumbers: true }],
    ['with commands pipelined by themselves', { enableAutoPipelining: true }],
    ['with stacks that say more', { showFriendlyErrorStack: true }],
    ['with another database', { db: 3 }],
  ])('stores as any other does: %s', async (_, options) => {
    const configured = new Redis(server.url, options);
    const ours = openStore({ client: configured });
    for (const state of states) {
      await ours.save('session', state);
      assertSameValue(await openStore({ client: configured }).load('session'), state);
    }
    await expect(openStore({ client: configured }).save('session', createState(3))).rejects.toMatchObject({
      code: 'CONFLICT',
      current: states[1],
    });
    await Promise.all(['a', 'b', 'c'].map((contextId) => ours.save(contextId, createState(4))));
    expect((await ours.load('b'))?.turnCount).toBe(4);
    await ours.delete('session');
    expect(await ours.load('session')).toBe(null);
    configured.disconnect();
  });

  it('may serve two stores and two agents', async () => {
    const [support, sales] = ['support', 'sales'].map((agentId) => openStore({ client, agentId }));
    await support?.save('session', createState(1));
    await sales?.save('session', createState(2));
    await support?.close();
    expect((await sales?.load('session'))?.turnCount).toBe(2);
    expect(client.status).toBe('ready');
  });
});

async function readState(): Promise<Buffer> {
  const value = await client.getBuffer(key);
  if (value === null) throw new Error('There is no value.');
  return value.subarray(value.indexOf('\n') + 1);
}

it('are texts of plain states that were not copied before', async () => {
  const serialize = vi.spyOn(defaultSerializer, 'serialize');
  try {
    const store = openStore({ client });
    await store.save('session', createState(1));
    expect(serialize).not.toHaveBeenCalled();
    assertSameValue(await store.load('session'), createState(1));
    await store.save('session', createState(2, { metadata: { at: new Date(0) } }));
    expect(serialize).toHaveBeenCalledTimes(1);
  } finally {
    serialize.mockRestore();
  }
});
