/** Clones its process after its first ping and its first turn, and says what each copy makes: see ids-clone.linux.test.ts. */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { Journal } from '../../src/agent/journal.js';
import { createRevision } from '../../src/domain/store/revision.js';
import { createApp } from '../../src/hono.js';
import { sessionIdHeader } from '../../src/server/invocation/request-head.js';
import { createState } from '../../src/testing/fixtures.js';
import { FakeAgent } from './fake-agent.js';

const app = createApp({ agent: async (contextId) => new FakeAgent(contextId) });
const prompt = () => app.request('/invocations', { method: 'POST', body: '{"prompt":"hi"}' });
await app.request('/ping');
// Opens what the ids are drawn from, which every copy then shares too.
await prompt();
// The same save in the same millisecond.
const write = { previous: 'before', text: '{"json":1}', now: 1_800_000_000_000 };
createRevision(write);
const makeStepKey = () =>
  Journal.begin({ message: 'hi', start: createState(0) }).keyOf({ name: 'refund', occurrence: 0 });
await makeStepKey();
// Fills the cache of ids that every copy then shares.
randomUUID();
process.umask(0o123);
const response = await prompt();
const sessionId = response.headers.get(sessionIdHeader);
const revision = createRevision(write);
const step = await makeStepKey();
writeSync(1, `${JSON.stringify({ shared: randomUUID(), sessionId, revision, step })}\n`);
process.umask(0o124);
process.exit(0);
