import { context, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { describe, expect, it } from 'vitest';
import { InMemoryRecordStore, InMemoryTurnStore } from '../../src/adapters/memory/index.js';
import { openTelemetry } from '../../src/adapters/tracing/index.js';
import { KnownTurns } from '../../src/adapters/tracing/known-turns.js';
import { AgentStoreError } from '../../src/domain/errors.js';
import { interruptedNumber } from '../../src/domain/turn-store.js';
import { event, events, FakeAgent, type Script } from '../server/fake-agent.js';
import { callRaw, readAll, sessionHeader, startServer } from '../server/harness.js';
import { attach, eventually, fast, openTurns, say, startSharing, turnOf } from '../server/shared-servers.js';
import { type Collector, collect, idOf, parentOf } from './collector.js';

const turnName = 'invoke_agent';

/** A server with a turn that runs, and what its caller gets. */
async function startTurn(config: Parameters<typeof startServer>[0] = {}) {
  const collector = collect();
  const { script, running } = openTurns();
  const server = await startServer({ telemetry: openTelemetry(), script, ...config });
  const answer = server.post('s', { prompt: 'hi' });
  const turn = await running();
  return { collector, server, answer, turn };
}

const outcomeOf = ({ attributes, status }: ReadableSpan) => ({
  outcome: attributes['looopy.turn.outcome'],
  code: attributes['error.type'],
  isError: status.code === SpanStatusCode.ERROR,
});

describe('the span of a turn', () => {
  it('ends with the turn, also if its caller has left', async () => {
    const collector = collect();
    const { script, running } = openTurns();
    const server = await startServer({ telemetry: openTelemetry(), script });
    const caller = callRaw(server, 's');
    const turn = await running();
    say(turn, 'Hello');
    await new Promise((resolve) => caller.once('data', resolve));
    caller.destroy();
    const request = await collector.span('POST /invocations');
    expect(request.attributes).toMatchObject({
      'looopy.caller_left': true,
      'http.response.status_code': 200,
    });
    expect(request.attributes).not.toHaveProperty('error.type');
    expect(collector.spans()).toHaveLength(1);
    turn.complete();
    const ended = await collector.span(turnName);
    expect(outcomeOf(ended)).toEqual({ outcome: 'completed', code: undefined, isError: false });
    expect(parentOf(ended)).toBe(idOf(request));
    expect(collector.spans()).toHaveLength(2);
  });

  it('ends before its caller has read the answer', async () => {
    const { collector, answer, turn } = await startTurn();
    say(turn, 'Hello');
    await answer;
    turn.complete();
    expect(outcomeOf(await collector.span(turnName))).toMatchObject({ outcome: 'completed' });
  });

  const failing: readonly [string, Script, string][] = [
    ['before it says anything', () => Promise.reject(new Error('Out of order.')), 'AGENT_FAILED'],
    [
      'with a status',
      ({ agent }) => events(agent, [event('task-status', { status: 'failed' })]),
      'AGENT_FAILED',
    ],
    [
      'with an error of its store',
      () => Promise.reject(new AgentStoreError('UNAVAILABLE', 'Away.')),
      'UNAVAILABLE',
    ],
    ['with a conflict', () => Promise.reject(new AgentStoreError('CONFLICT', 'Taken.')), 'CONFLICT'],
  ];

  it.each(failing)('says that it failed, and why: %s', async (_, script, code) => {
    const collector = collect();
    const server = await startServer({ telemetry: openTelemetry(), script });
    await (await server.post('s', { prompt: 'hi' })).text();
    expect(outcomeOf(await collector.span(turnName))).toEqual({ outcome: 'failed', code, isError: true });
    const request = await collector.span('POST /invocations');
    expect(request.attributes['error.type']).toBe(code);
    const isBlamed = code !== 'CONFLICT';
    expect(request.status.code).toBe(isBlamed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
  });

  it('says that it was cancelled', async () => {
    const { collector, server, answer, turn } = await startTurn();
    say(turn, 'Hello');
    await server.post('s', { type: 'cancel' });
    await (await answer).text();
    const ended = await collector.span(turnName);
    expect(outcomeOf(ended)).toEqual({ outcome: 'cancelled', code: 'CANCELLED', isError: false });
  });

  it('says that it was cancelled with its caller, who may have left before there was an answer', async () => {
    const collector = collect();
    const called: string[] = [];
    const server = await startServer({
      telemetry: openTelemetry(),
      onDisconnect: 'cancel',
      agent: (contextId) => {
        called.push(contextId);
        return new Promise(() => {});
      },
    });
    const caller = callRaw(server, 's');
    await eventually(() => expect(called).toEqual(['s']));
    caller.destroy();
    const ended = await collector.span(turnName);
    expect(outcomeOf(ended)).toEqual({ outcome: 'cancelled', code: 'CLIENT_GONE', isError: false });
    const request = await collector.span('POST /invocations');
    const left = { 'looopy.caller_left': true, 'http.response.status_code': 499 };
    expect(request.attributes).toMatchObject(left);
  });

  it('says that the end of its server has interrupted it', async () => {
    const { collector, server, answer, turn } = await startTurn();
    say(turn, 'Hello');
    await answer;
    await server.close();
    const ended = await collector.span(turnName);
    expect(outcomeOf(ended)).toEqual({ outcome: 'interrupted', code: 'STOPPING', isError: true });
  });

  it('says that somebody else has written its end', async () => {
    const collector = collect();
    const turnStore = new InMemoryTurnStore(fast);
    const begin = turnStore.begin.bind(turnStore);
    turnStore.begin = async (...given) => {
      const start = await begin(...given);
      if (start.outcome !== 'begun') return start;
      const end = async () => {
        await start.turn.abandon();
        return { kind: 'error', data: '{"code":"INTERRUPTED"}', number: interruptedNumber };
      };
      return { ...start, turn: { ...start.turn, end } };
    };
    const server = await startServer({ telemetry: openTelemetry(), turnStore });
    await readAll(await server.post('s', { prompt: 'hi' }));
    const ended = await collector.span(turnName);
    expect(outcomeOf(ended)).toEqual({ outcome: 'interrupted', code: 'INTERRUPTED', isError: true });
  });

  it('says that it has lost its lease', async () => {
    const collector = collect();
    const { script, running } = openTurns();
    const config = { telemetry: openTelemetry(), script, turns: { leaseSeconds: 0.6 } };
    const server = await startSharing(config);
    const answer = server.post('s', { prompt: 'hi' });
    say(await running(), 'Hello');
    await answer;
    server.line.cut('refused');
    const ended = await collector.span(turnName);
    expect(outcomeOf(ended)).toEqual({ outcome: 'interrupted', code: 'INTERRUPTED', isError: true });
  });

  it('counts the tokens of its models', async () => {
    const collector = collect();
    const script: Script = ({ agent }) =>
      events(agent, [
        event('llm-usage', { usage: { inputTokens: 10, outputTokens: 2, totalTokens: 12 } }),
        event('llm-usage', { prompt_tokens: 5, completion_tokens: 1 }),
        event('task-complete'),
      ]);
    const server = await startServer({ telemetry: openTelemetry(), script });
    await readAll(await server.post('s', { prompt: 'hi' }));
    const { attributes } = await collector.span(turnName);
    expect(attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 15, 'gen_ai.usage.output_tokens': 3 });
  });

  it('has what the agent does inside of it, and its session in what the agent sends', async () => {
    const collector = collect();
    const sent: Record<string, string> = {};
    const script: Script = async ({ agent }) => {
      propagation.inject(context.active(), sent);
      trace.getTracer('an agent').startSpan('chat').end();
      return events(agent, [event('task-complete')]);
    };
    const server = await startServer({ telemetry: openTelemetry(), script });
    const headers = { baggage: 'tenant=t-1' };
    await readAll(await server.post('a session', { prompt: 'hi' }, { headers }));
    const turn = await collector.span(turnName);
    expect(parentOf(await collector.span('chat'))).toBe(idOf(turn));
    expect(sent.traceparent).toContain(idOf(turn));
    expect(sent.baggage?.split(',')).toEqual(['tenant=t-1', 'session.id=a%20session']);
  });

  it('is not what the end of an idle agent is inside of', async () => {
    const collector = collect();
    class Retiring extends FakeAgent {
      override async shutdown(): Promise<void> {
        trace.getTracer('an agent').startSpan(`end of ${this.contextId}`).end();
      }
    }
    const agent = async (contextId: string) => new Retiring(contextId);
    const server = await startServer({ telemetry: openTelemetry(), maxSessions: 1, agent });
    for (const session of ['one', 'two']) await readAll(await server.post(session, { prompt: 'hi' }));
    expect(parentOf(await collector.span('end of one'))).toBeUndefined();
  });
});

describe('a request that hears a turn of another one', () => {
  const linksOf = (span: ReadableSpan) => span.links.map(({ context }) => context.spanId);
  const requestsOf = (collector: Collector, method: string) =>
    collector.spans().filter(({ name }) => name === `${method} /invocations`);

  it('is linked to it: one that attaches', async () => {
    const { collector, server, answer, turn } = await startTurn();
    say(turn, 'Hello');
    const heard = fetch(`${server.url}/invocations`, {
      headers: { [sessionHeader]: 's', accept: 'text/event-stream' },
    });
    await (await heard).body?.cancel();
    const [attached] = await eventually(() => {
      const found = requestsOf(collector, 'GET');
      expect(found).toHaveLength(1);
      return found;
    });
    expect(attached?.attributes).toMatchObject({ 'looopy.caller_left': true });
    turn.complete();
    await (await answer).text();
    const ended = await collector.span(turnName);
    expect(attached && linksOf(attached)).toEqual([idOf(ended)]);
    expect(attached?.attributes['looopy.turn.id']).toBe(ended.attributes['looopy.turn.id']);
  });

  it('is linked to it: one that is repeated, to the same server', async () => {
    const collector = collect();
    const server = await startServer({ telemetry: openTelemetry() });
    const init = { headers: { 'Idempotency-Key': 'k' } };
    for (let count = 0; count < 2; count++)
      expect(await readAll(await server.post('s', { prompt: 'hi' }, init))).toHaveLength(4);
    const turn = await collector.span(turnName);
    await eventually(() => expect(requestsOf(collector, 'POST')).toHaveLength(2));
    const [first, repeat] = requestsOf(collector, 'POST');
    expect([first, repeat].map((span) => span?.attributes['looopy.turn.id'])).toEqual(
      Array(2).fill(turn.attributes['looopy.turn.id']),
    );
    expect([first, repeat].map((span) => span && linksOf(span))).toEqual([[], [idOf(turn)]]);
  });

  it('names it, if it has run elsewhere', async () => {
    const collector = collect();
    const records = new InMemoryRecordStore();
    const one = await startSharing({ records });
    const two = await startSharing({ records, telemetry: openTelemetry() });
    const [first] = await readAll(await one.post('s', { prompt: 'hi' }));
    await readAll(await attach(two, 's', first?.id));
    const request = await collector.span('POST /invocations');
    expect(request.attributes['looopy.turn.id']).toBe(turnOf(first));
    expect(linksOf(request)).toEqual([]);
  });

  it('is linked to one of the last thousand', () => {
    const turns = new KnownTurns();
    const [first, ...others] = Array.from({ length: 1_001 }, (_, index) => String(index));
    const span = { traceId: 'a', spanId: 'b', traceFlags: 1 };
    for (const id of [first, ...others]) turns.add(String(id), span);
    expect(others.every((id) => turns.find(id) === span)).toBe(true);
    expect(turns.find(String(first))).toBeUndefined();
  });
});
