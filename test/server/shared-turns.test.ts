import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { InMemoryRecordStore, InMemoryTurnStore } from '../../src/adapters/memory/index.js';
import type { AgentEvent } from '../../src/domain/agent.js';
import type { ServeConfig } from '../../src/server/config.js';
import { event, type Script } from './fake-agent.js';
import { readAll, readEvents, startServer } from './harness.js';

/** Agents that say what the test has them say. */
function openTurns() {
  const turns: Subject<AgentEvent>[] = [];
  const script: Script = () => {
    const turn = new Subject<AgentEvent>();
    turns.push(turn);
    return turn;
  };
  return { turns, script };
}

const fast = { flushMs: 5, leaseSeconds: 3, renewSeconds: 0.05 };

/** Two servers, as of two processes, over one turn store. */
async function startTwo(config: Partial<ServeConfig> & { script?: Script } = {}) {
  const records = new InMemoryRecordStore();
  const start = () =>
    startServer({ turnStore: new InMemoryTurnStore({ agentId: 'a', records, ...fast }), ...config });
  return { records, one: await start(), two: await start() };
}

describe('two servers with one turn store', () => {
  it('run one turn of a session at a time', async () => {
    const { turns, script } = openTurns();
    const { one, two } = await startTwo({ script });
    const events = readEvents(await one.post('s', { prompt: 'hi' }));
    await expect.poll(() => turns.length).toBe(1);
    turns[0]?.next(event('content-delta', { delta: 'a' }));
    await events.next();
    const refused = await two.post('s', { prompt: 'hi' });
    expect(refused.status).toBe(409);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(two.agents).toEqual([]);
    const heard = readAll(await two.post('s', { type: 'attach' }));
    turns[0]?.next(event('content-delta', { delta: 'b' }));
    turns[0]?.next(event('task-complete', { content: 'ab' }));
    turns[0]?.complete();
    const rest = [];
    for await (const each of events) rest.push(each);
    const there = await heard;
    expect(there.map(({ kind }) => kind)).toEqual(['content-delta', 'content-delta', 'task-complete']);
    expect(there.slice(1)).toEqual(rest);
    // The session is free at once.
    const next = readAll(await two.post('s', { prompt: 'again' }));
    await expect.poll(() => turns.length).toBe(2);
    turns[1]?.complete();
    expect((await next).map(({ kind }) => kind)).toEqual(['task-complete']);
    expect((await one.post('s', { type: 'attach', lastEventId: there.at(-1)?.id })).status).toBe(204);
  });

  it('cancel a turn of the other', async () => {
    const { turns, script } = openTurns();
    const { one, two } = await startTwo({ script });
    const events = readAll(await one.post('s', { prompt: 'hi' }));
    await expect.poll(() => turns.length).toBe(1);
    expect(await (await two.post('s', { type: 'cancel' })).json()).toEqual({ cancelled: true });
    expect((await events).at(-1)?.data).toMatchObject({ code: 'CANCELLED' });
    expect(await (await two.post('s', { type: 'cancel' })).json()).toEqual({ cancelled: false });
  });

  it('run a request with a key once', async () => {
    const { one, two } = await startTwo();
    const headers = { 'Idempotency-Key': '"k"' };
    const first = await readAll(await one.post('s', { prompt: 'hi' }, { headers }));
    const again = await readAll(await two.post('s', { prompt: 'hi', idempotencyKey: 'k' }));
    expect(again).toEqual(first);
    expect(two.agents).toEqual([]);
    expect((await two.post('s', { prompt: 'other' }, { headers })).status).toBe(422);
    expect((await one.post('s', { prompt: 'other' }, { headers })).status).toBe(422);
  });
});

it('a server alone runs a request with a key once', async () => {
  const server = await startServer();
  const headers = { 'Idempotency-Key': 'k' };
  const first = await readAll(await server.post('s', { prompt: 'hi' }, { headers }));
  await readAll(await server.post('s', { prompt: 'more' }));
  const again = await readAll(await server.post('s', { prompt: 'hi' }, { headers }));
  expect(again).toEqual(first);
  expect(server.agents[0]?.turns).toHaveLength(2);
  expect((await server.post('s', { prompt: 'other' }, { headers })).status).toBe(422);
});
