import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { updateSession, withdrawQuestions } from '../../examples/redis/update-session.js';
import type { AgentState } from '../../src/index.js';
import { RedisAgentStore } from '../../src/stores.js';
import { createState } from '../../src/testing/fixtures.js';
import { RedisServer } from '../backends/redis-server.js';
import { runExample, startExample } from './example-process.js';

const main = 'examples/redis/main.ts';
const headers = { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': 's' };

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
    expect(await client.keys('shop:*')).toEqual(['shop:agent#support:context#s']);
    expect(await client.ttl('shop:agent#support:context#s')).toBeGreaterThan(29 * 24 * 3_600);
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
  const raise = (state: AgentState) => ({ ...state, turnCount: state.turnCount + 1 });

  it('is changed as it is then, where the agent has saved in between', async () => {
    const [ours, theirs] = openTwo();
    await theirs.save('s', createState(1));
    const seen: number[] = [];
    const changed = await updateSession(ours, 's', (state) => {
      seen.push(state.turnCount);
      return raise(state);
    });
    expect([seen, changed?.turnCount]).toEqual([[1], 2]);

    await theirs.load('s');
    const raced = updateSession(ours, 's', (state) => {
      // In time for the first attempt: both are sent over one connection, in this order.
      if (state.turnCount === 2) void theirs.save('s', createState(10));
      return raise(state);
    });
    expect((await raced)?.turnCount).toBe(11);
    expect((await theirs.load('s'))?.turnCount).toBe(11);
  });

  it('stays as it is where there is nothing to change, and is not made up', async () => {
    const [ours, theirs] = openTwo();
    expect(await updateSession(ours, 's', raise)).toBe(null);
    await theirs.save('s', createState(1));
    expect(await updateSession(ours, 's', () => null)).toBe(null);
    await theirs.save('s', createState(2));
  });

  it('is given up where somebody else is always faster', async () => {
    const [ours, theirs] = openTwo();
    await theirs.save('s', createState(1));
    const lost = updateSession(ours, 's', (state) => {
      void theirs.save('s', createState(state.turnCount + 1));
      return raise(state);
    });
    await expect(lost).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await theirs.load('s'))?.turnCount).toBe(6);
  });

  it('waits for no answer once its questions are withdrawn', async () => {
    const [ours, theirs] = openTwo();
    const ids = { inputId: 'i', toolCallId: 'c', taskId: 't' };
    const question = { ...ids, toolName: 'refund', toolArguments: {}, prompt: 'Refund?' };
    const pendingToolInputs = [{ ...question, inputType: 'confirmation' as const }];
    await theirs.save('s', createState(1, { status: 'waiting-input', pendingToolInputs }));
    await withdrawQuestions(ours, 's');
    const state = await theirs.load('s');
    expect(state?.status).toBe('idle');
    expect(state).not.toHaveProperty('pendingToolInputs');
    expect(await withdrawQuestions(ours, 's')).toBe(null);
  });
});
