import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createDemoAgent } from '../../examples/local-server/demo-agent.js';
import { withdrawQuestions } from '../../examples/redis/update-session.js';
import { InMemoryMessageStore, RedisAgentStore } from '../../src/stores.js';
import { createState } from '../../src/testing/fixtures.js';
import { RedisServer } from '../backends/redis-server.js';
import { Relay } from '../redis/relay.js';
import { startServer } from '../server/harness.js';
import { runExample, startExample } from './example-process.js';

const main = 'examples/redis/main.ts';
const sessionHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id';
const headers = { [sessionHeader]: 's' };

let redis: RedisServer;
let client: Redis;

beforeAll(async () => {
  redis = await RedisServer.start();
  client = new Redis(redis.url);
});

afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

let agents = 0;

/** Two processes over the sessions of an agent that no other test has. */
function openTwo(): [RedisAgentStore, RedisAgentStore] {
  const agentId = `agent-${++agents}`;
  const open = () => new RedisAgentStore({ client, agentId });
  return [open(), open()];
}

describe('the production wiring with Redis', () => {
  it('goes on with a session after SIGTERM and a new start, under its own keys and with an expiry', async () => {
    const env = { REDIS_URL: redis.url, PORT: '0' };
    for (const turnCount of [1, 2]) {
      const server = await startExample(main, env);
      const url = `${server.url}/invocations`;
      const turn = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ prompt: 'hello' }) });
      expect(await turn.text()).toContain('event: task-complete');
      expect(await (await fetch(url, { headers })).json()).toMatchObject({ turnCount });
      expect(await server.stop()).toBe(0);
    }
    expect((await client.keys('shop:*')).sort()).toEqual([
      'shop:agent#support:context#s',
      'shop:agent#support:message#s',
    ]);
    expect(await client.ttl('shop:agent#support:context#s')).toBeGreaterThan(29 * 24 * 3_600);
  });

  it('finds its Redis again when the connection has died without a word', async () => {
    const relay = await Relay.start(redis.port);
    const server = await startExample(main, { REDIS_URL: relay.url, PORT: '0' });
    const url = `${server.url}/invocations`;
    const takeTurn = async () => {
      const body = JSON.stringify({ prompt: 'hello' });
      const turn = await fetch(url, { method: 'POST', headers: { [sessionHeader]: 'silent' }, body });
      return turn.text();
    };
    expect(await takeTurn()).toContain('event: task-complete');
    relay.cutSilently();
    await vi.waitFor(async () => expect(await takeTurn()).toContain('event: task-complete'), {
      timeout: 40_000,
      interval: 100,
    });
    expect(await server.stop()).toBe(0);
  });

  it('does not start without a Redis, and says so', async () => {
    const gone = await RedisServer.create();
    const started = runExample(process.execPath, ['--import', 'tsx', main], { REDIS_URL: gone.url });
    await expect(started).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Check the network, the address and the credentials'),
    });
    await gone.stop();
  });

  it('does not start without a URL, and says so', async () => {
    const started = runExample(process.execPath, ['--import', 'tsx', main], {});
    await expect(started).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Set REDIS_URL'),
    });
  });
});

describe('a session that is changed from outside its agent', () => {
  const ids = { inputId: 'i', toolCallId: 'c', taskId: 't' };
  const question = { ...ids, toolName: 'refund', toolArguments: {}, prompt: 'Refund?' };
  const pendingToolInputs = [{ ...question, inputType: 'confirmation' as const }];
  const waiting = createState(1, { status: 'waiting-input', pendingToolInputs });

  it('waits for no answer once its questions are withdrawn', async () => {
    const [ours, theirs] = openTwo();
    await theirs.save('s', waiting);
    expect(await withdrawQuestions(ours, 's')).toMatchObject({ status: 'idle' });
    const state = await theirs.load('s');
    expect(state?.status).toBe('idle');
    expect(state).not.toHaveProperty('pendingToolInputs');
  });

  it('stays as it is if there is nothing to change, and is not made up', async () => {
    const [ours, theirs] = openTwo();
    expect(await withdrawQuestions(ours, 's')).toBe(null);
    await theirs.save('s', createState(1));
    expect(await withdrawQuestions(ours, 's')).toBe(null);
    await theirs.save('s', createState(2));
  });

  it('is changed as it is then, if somebody else saves in between', async () => {
    const [ours, theirs] = openTwo();
    await theirs.save('s', waiting);
    const withdrawn = withdrawQuestions(ours, 's');
    // Both stores send over one connection, in this order: the load of the update, this save, the save of the update.
    const saved = theirs.save('s', { ...waiting, turnCount: 5 });
    expect(await withdrawn).toMatchObject({ status: 'idle', turnCount: 5 });
    await saved;
    expect(await theirs.load('s')).toMatchObject({ status: 'idle', turnCount: 5 });
  });

  it('keeps the change beside a live agent on the same store object, which meets a conflict', async () => {
    const [store] = openTwo();
    await store.save('s', waiting);
    const loadedByAgent = await store.load('s');
    await withdrawQuestions(store, 's');
    const lateSave = store.save('s', { ...waiting, turnCount: (loadedByAgent?.turnCount ?? 0) + 1 });
    await expect(lateSave).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await store.load('s')).toMatchObject({ status: 'idle', turnCount: 1 });
  });

  it('keeps the change, and the turns, of a session whose agent lives in a server', async () => {
    const [agentStore] = openTwo();
    const messageStore = new InMemoryMessageStore({ agentId: 'demo' });
    let made = 0;
    const server = await startServer({
      agentStore,
      agent: async (contextId) => {
        made++;
        return createDemoAgent({ agentId: 'demo', contextId, agentStore, messageStore });
      },
    });
    await (await server.post('s', { prompt: 'ask Refund?' })).text();
    expect(await agentStore.peek('s')).toMatchObject({ status: 'waiting-input', turnCount: 1 });
    await withdrawQuestions(agentStore, 's');
    expect(await (await server.post('s', { prompt: 'hello' })).text()).toContain('event: task-complete');
    const state = await agentStore.peek('s');
    expect(state).toMatchObject({ status: 'idle', turnCount: 2 });
    expect(state?.pendingToolInputs).toBeUndefined();
    expect(made).toBe(2);
  });
});
