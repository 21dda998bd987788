import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createState } from '../../src/testing/fixtures.js';
import { assertSameValue } from '../../src/testing/index.js';
import { RedisServer } from '../backends/redis-server.js';
import { openStore } from './fixtures.js';

let server: RedisServer;
let client: Redis;

beforeAll(async () => {
  server = await RedisServer.start();
  client = new Redis(server.url, { socketTimeout: 60_000 });
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

it.each(['ascii ', 'é', '日本', '🙂', '\u0000'])('are kept in either form, full of %j', async (piece) => {
  const state = createState(1, { metadata: { text: piece.repeat(5_000) } });
  for (const compression of ['off', 'on'] as const) {
    const store = openStore({ client, compression });
    await store.load('session');
    await store.save('session', state);
    assertSameValue(await openStore({ client }).load('session'), state);
    const value = await client.getBuffer('agent#agent:context#session');
    expect(value?.includes(piece.repeat(100))).toBe(compression === 'off' && piece !== '\u0000');
  }
});
