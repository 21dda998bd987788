/**
 * Agents on Redis, as in production: `REDIS_URL=rediss://… node --import tsx examples/redis/main.ts`.
 *
 * Shows a client of one's own, with TLS where the URL starts with `rediss:`, and with an end to every request; sessions that
 * expire, under keys that start with the name of the service; a server that is checked before the first session needs it; and
 * what to close. SIGTERM ends it when the turns have ended.
 */
import { Redis } from 'ioredis';
import { serve } from '../../src/index.js';
import { RedisAgentStore, RedisMessageStore } from '../../src/stores.js';
// Stands for an agent with a model and tools.
import { createDemoAgent } from '../local-server/demo-agent.js';

const { REDIS_URL: url, PORT = '8080' } = process.env;
if (!url) throw new Error('Set REDIS_URL, such as rediss://user:password@redis.example:6379.');
const agentId = 'support';

const client = new Redis(url, {
  // Every key starts so: an ACL can name it, and other data of the same Redis has other keys.
  keyPrefix: 'shop:',
  // Without an end, a request waits as long as Redis is away, and so does the turn that sent it.
  connectTimeout: 2_000,
  commandTimeout: 5_000,
  // Ends a connection whose other end has vanished without a word; a new one is then made.
  socketTimeout: 5_000,
  maxRetriesPerRequest: 5,
  retryStrategy: (attempt) => Math.min(attempt * 50, 500),
  // After a failover the same address may lead to a server that only reads, until there is a new connection.
  reconnectOnError: ({ message }) => message.includes('READONLY'),
});
client.on('error', (error) => console.error(`Redis: ${error.message}`));

const options = { client, agentId, ttlSeconds: 30 * 24 * 3_600 };
const agentStore = new RedisAgentStore(options);
const messageStore = new RedisMessageStore(options);

// One GET. A server that is not there, or wants another password, stops the deployment, and no turn.
await agentStore.peek('startup-check');

const server = await serve({
  agentStore,
  agent: (contextId, { agentStore }) => createDemoAgent({ agentId, contextId, agentStore, messageStore }),
  port: Number(PORT),
  turnTimeoutSeconds: 15 * 60,
});
console.log(`Listening on http://localhost:${server.port}`);

// The store leaves a client that it was given open: others may use it. The last turns save through it.
const stop = async () => {
  await server.close();
  client.disconnect();
};
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
