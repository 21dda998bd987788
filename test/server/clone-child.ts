/** Clones its process after the first ping, and says which ids each copy makes: see ids.test.ts. */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createApp } from '../../src/index.js';
import { sessionIdHeader } from '../../src/server/request-head.js';
import { FakeAgent } from './fake-agent.js';

const app = createApp({ agent: async (contextId) => new FakeAgent(contextId) });
await app.request('/ping');
// Fills the cache of ids that every copy then shares.
randomUUID();
process.umask(0o123);
const response = await app.request('/invocations', { method: 'POST', body: '{"prompt":"hi"}' });
writeSync(
  1,
  `${JSON.stringify({ shared: randomUUID(), sessionId: response.headers.get(sessionIdHeader) })}\n`,
);
process.umask(0o124);
process.exit(0);
