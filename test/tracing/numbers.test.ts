import { describe, expect, it } from 'vitest';
import { InMemoryAgentStore } from '../../src/adapters/memory/index.js';
import { openTelemetry, traced } from '../../src/adapters/tracing/index.js';
import { createState, event } from '../server/fake-agent.js';
import { callRaw, readAll, startServer } from '../server/harness.js';
import { eventually, openTurns } from '../server/shared-servers.js';
import { type Collector, collect } from './collector.js';

const values = async (collector: Collector, metric: string) =>
  (await collector.points(metric)).map(({ attributes, value }) => ({ ...attributes, value }));

describe('the numbers', () => {
  it('count the turns that have ended, by their outcome, and tell how many run', async () => {
    const collector = collect();
    const { script, running } = openTurns();
    const telemetry = openTelemetry({ agentName: 'support' });
    const server = await startServer({ telemetry, script });
    const other = await startServer({ telemetry, script });
    expect(await values(collector, 'looopy.turn.running')).toEqual([{ value: 0 }]);
    const answers = [server.post('one', { prompt: 'hi' }), other.post('two', { prompt: 'hi' })];
    const turns = [await running(1), await running(2)];
    expect(await values(collector, 'looopy.turn.running')).toEqual([{ value: 2 }]);
    turns[0]?.complete();
    turns[1]?.error(new Error('Out of order.'));
    for (const answer of answers) await (await answer).text();
    expect(await values(collector, 'looopy.turn.running')).toEqual([{ value: 0 }]);
    const agent = { 'gen_ai.provider.name': 'looopy', 'gen_ai.agent.name': 'support' };
    const failed = { 'looopy.turn.outcome': 'failed', 'error.type': 'AGENT_FAILED' };
    expect(await values(collector, 'looopy.turn.ended')).toEqual([
      { ...agent, 'looopy.turn.outcome': 'completed', value: 1 },
      { ...agent, ...failed, value: 1 },
    ]);
  });

  it('count the requests that were refused, by the reason', async () => {
    const collector = collect();
    const { script, running } = openTurns();
    const server = await startServer({ telemetry: openTelemetry(), script });
    const answer = server.post('s', { prompt: 'hi' });
    const turn = await running();
    for (let count = 0; count < 2; count++)
      expect((await server.post('s', { prompt: 'hi' })).status).toBe(409);
    await server.post('s', 'no JSON');
    turn.error(new Error('This turn has failed, and its request was not refused.'));
    await (await answer).text();
    expect(await values(collector, 'looopy.request.refused')).toEqual([
      { 'error.type': 'TURN_RUNNING', value: 2 },
      { 'error.type': 'BAD_REQUEST', value: 1 },
    ]);
  });

  it('count the conflicts of traced stores', async () => {
    const collector = collect();
    const store = traced(new InMemoryAgentStore({ agentId: 'a' }));
    await store.save('s', createState());
    const other = store.holder();
    await expect(other.save('s', createState())).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(other.load('')).rejects.toMatchObject({ code: 'INVALID_KEY' });
    expect(await values(collector, 'looopy.store.conflicts')).toEqual([
      { 'looopy.store.operation': 'save', value: 1 },
    ]);
  });

  it('tell how many bytes wait for callers that read slowly', async () => {
    const collector = collect();
    const { script, running } = openTurns();
    const server = await startServer({ telemetry: openTelemetry(), script });
    const caller = callRaw(server, 's');
    caller.pause();
    const turn = await running();
    const delta = 'x'.repeat(4_000_000);
    const isWaiting = async () => {
      turn.next(event('content-delta', { delta }));
      const [{ value } = { value: 0 }] = await values(collector, 'looopy.response.waiting');
      expect(value).toBeGreaterThan(delta.length);
    };
    await eventually(isWaiting);
    caller.destroy();
    await eventually(async () =>
      expect(await values(collector, 'looopy.response.waiting')).toEqual([{ value: 0 }]),
    );
    turn.complete();
  });

  it('are no longer told of a server that has closed', async () => {
    const collector = collect();
    const { script, running } = openTurns();
    const telemetry = openTelemetry();
    const server = await startServer({ telemetry, script });
    const answer = server.post('s', { prompt: 'hi' });
    await running();
    await Promise.all([server.close(), answer.then((response) => response.text())]);
    expect(await values(collector, 'looopy.turn.running')).toEqual([{ value: 0 }]);
  });

  it('are told to a provider that is registered after the first request', async () => {
    const server = await startServer({ telemetry: openTelemetry() });
    await readAll(await server.post('s', { prompt: 'hi' }));
    const collector = collect();
    await readAll(await server.post('s', { prompt: 'hi' }));
    expect(await values(collector, 'looopy.turn.ended')).toMatchObject([{ value: 1 }]);
    expect(collector.spans().map(({ name }) => name)).toEqual(['invoke_agent', 'POST /invocations']);
  });
});
