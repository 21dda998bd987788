import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { openTelemetry } from '../../src/adapters/tracing/index.js';
import type { ServeConfig } from '../../src/server/config.js';
import { event, events } from '../server/fake-agent.js';
import { readAll, startServer } from '../server/harness.js';
import { collect, idOf, parentOf } from './collector.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${spanId}-01`;

describe('the span of a request', () => {
  it('is inside of the span that the caller names, and the turn inside of it', async () => {
    const collector = collect();
    const options = { agentName: 'support', agentId: 'a-1', agentVersion: '2', providerName: 'aws.bedrock' };
    const server = await startServer({ telemetry: openTelemetry(options) });
    const headers = { traceparent, 'x-amzn-requestid': 'request-1' };
    const events = await readAll(await server.post('s', { prompt: 'hi' }, { headers }));
    const [turnId] = String(events[0]?.id).split(':');
    const request = await collector.span('POST /invocations');
    const turn = await collector.span('invoke_agent support');
    const session = { 'session.id': 's', 'gen_ai.conversation.id': 's' };
    expect(request.spanContext().traceId).toBe(traceId);
    expect(parentOf(request)).toBe(spanId);
    expect(request.kind).toBe(SpanKind.SERVER);
    expect(request.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(request.attributes).toEqual({
      ...session,
      'http.request.method': 'POST',
      'http.route': '/invocations',
      'http.response.status_code': 200,
      'aws.request_id': 'request-1',
      'looopy.turn.id': turnId,
    });
    expect(turn.spanContext().traceId).toBe(traceId);
    expect(parentOf(turn)).toBe(idOf(request));
    expect(turn.kind).toBe(SpanKind.INTERNAL);
    expect(turn.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(turn.attributes).toEqual({
      ...session,
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.agent.name': 'support',
      'gen_ai.agent.id': 'a-1',
      'gen_ai.agent.version': '2',
      'looopy.turn.id': turnId,
      'looopy.turn.outcome': 'completed',
    });
  });

  it('begins a trace if the caller names none, or what is none', async () => {
    const collector = collect();
    const server = await startServer({ telemetry: openTelemetry() });
    const given: readonly RequestInit[] = [{}, { headers: { traceparent: 'what is none' } }];
    for (const init of given) await readAll(await server.post('s', { prompt: 'hi' }, init));
    const requests = collector.spans().filter(({ name }) => name === 'POST /invocations');
    expect(requests.map(parentOf)).toEqual([undefined, undefined]);
  });

  it('has the session that it begins', async () => {
    const collector = collect();
    let baggage: string | undefined;
    const server = await startServer({
      telemetry: openTelemetry(),
      script: ({ agent }) => {
        baggage = propagation.getActiveBaggage()?.getEntry('session.id')?.value;
        return events(agent, [event('task-complete')]);
      },
    });
    const response = await server.post(null, { prompt: 'hi' });
    await readAll(response);
    const sessionId = response.headers.get('X-Amzn-Bedrock-AgentCore-Runtime-Session-Id');
    expect(baggage).toBe(sessionId);
    for (const name of ['POST /invocations', 'invoke_agent']) {
      const { attributes } = await collector.span(name);
      expect(attributes).toMatchObject({ 'session.id': sessionId, 'gen_ai.conversation.id': sessionId });
    }
  });

  it('is inside of a span that the request is handled in, such as that of an instrumentation', async () => {
    const collector = collect();
    const tracer = trace.getTracer('an instrumentation');
    const server = await startServer({
      telemetry: openTelemetry(),
      middleware: [
        ({ headers }, response, next) => {
          const outside = propagation.extract(ROOT_CONTEXT, headers);
          const outer = tracer.startSpan('outer', { kind: SpanKind.SERVER }, outside);
          response.on('close', () => outer.end());
          context.with(trace.setSpan(outside, outer), next);
        },
      ],
    });
    await readAll(await server.post('s', { prompt: 'hi' }, { headers: { traceparent } }));
    const outer = await collector.span('outer');
    const request = await collector.span('POST /invocations');
    expect(parentOf(request)).toBe(idOf(outer));
    expect(request.kind).toBe(SpanKind.INTERNAL);
  });

  const starting: readonly [string, RequestInit, string | undefined][] = [
    ['a request that names one', { headers: { traceparent } }, spanId],
    ['a request that names none', {}, undefined],
  ];

  it.each(starting)(
    'is not inside of the span that the server was started in: %s',
    async (_, init, parent) => {
      const collector = collect();
      const server = await trace.getTracer('a program').startActiveSpan('start', async (span) => {
        const started = await startServer({ telemetry: openTelemetry() });
        span.end();
        return started;
      });
      await readAll(await server.post('s', { prompt: 'hi' }, init));
      expect(parentOf(await collector.span('POST /invocations'))).toBe(parent);
    },
  );

  it('is not made of pings, nor of what no route is for', async () => {
    const collector = collect();
    const server = await startServer({ telemetry: openTelemetry() });
    await server.health();
    await server.get('s', '/other');
    expect(collector.spans()).toEqual([]);
  });

  const refusing: readonly [string, Partial<ServeConfig>, string | null, unknown, string, number][] = [
    ['a body that is none', {}, 's', 'no JSON', 'BAD_REQUEST', 400],
    ['a session that is none', { strictSessionIds: true }, 's', { prompt: 'hi' }, 'BAD_REQUEST', 400],
    ['a caller that may not', { authorize: () => false }, 's', { prompt: 'hi' }, 'FORBIDDEN', 403],
    [
      'answers to no question',
      { agentStore: { load: async () => null } },
      's',
      { inputs: [{ inputId: 'i', value: 1 }] },
      'NOT_FOUND',
      404,
    ],
  ];

  it.each(refusing)('says why it was refused: %s', async (_, config, session, body, code, status) => {
    const collector = collect();
    const server = await startServer({ ...config, telemetry: openTelemetry() });
    await server.post(session, body);
    const request = await collector.span('POST /invocations');
    expect(request.attributes).toMatchObject({ 'error.type': code, 'http.response.status_code': status });
    expect(request.status).toEqual({ code: SpanStatusCode.UNSET });
  });

  it('has the status that was sent, if failures are events', async () => {
    const collector = collect();
    const server = await startServer({ errors: 'events', telemetry: openTelemetry() });
    await server.post('s', 'no JSON');
    const { attributes } = await collector.span('POST /invocations');
    expect(attributes).toMatchObject({ 'error.type': 'BAD_REQUEST', 'http.response.status_code': 200 });
  });

  it('is made of a look at a session too', async () => {
    const collector = collect();
    const server = await startServer({ telemetry: openTelemetry() });
    await server.get('s');
    const { attributes } = await collector.span('GET /invocations');
    expect(attributes).toMatchObject({ 'session.id': 's', 'error.type': 'NOT_FOUND' });
    expect(attributes).not.toHaveProperty('looopy.turn.id');
  });
});
