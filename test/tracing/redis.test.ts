import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisAgentStore } from '../../src/adapters/redis/index.js';
import { traced } from '../../src/adapters/tracing/index.js';
import { RedisServer } from '../backends/redis-server.js';
import { createState } from '../server/fake-agent.js';
import { collect } from './collector.js';

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server?.stop());

it('tells the bytes of the values, for Redis charges no units', async () => {
  const collector = collect();
  const store = traced(new RedisAgentStore({ agentId: 'a', url: server.url }));
  await store.save('s', createState({ metadata: { text: 'Grüße' } }));
  await store.load('s');
  await store.load('other');
  await store.close();
  const told = collector.spans().map(({ attributes }) => attributes);
  const bytes = Number(told[0]?.['looopy.store.bytes']);
  expect(bytes).toBeGreaterThan(100);
  expect(told.map((all) => all['looopy.store.bytes'])).toEqual([bytes, bytes, 0]);
  for (const all of told) expect(Object.keys(all).filter((name) => name.endsWith('units'))).toEqual([]);
});
