import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { openTelemetry } from '../../src/adapters/tracing/index.js';
import { readAll, startServer } from '../server/harness.js';
import { eventually, openTurns } from '../server/shared-servers.js';
import { collect, idOf, parentOf } from './collector.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

describe('the spans of a request', () => {
  it('are a server span under the span of the caller, and the turn inside of it', async () => {
    const collector = collect();
    const server = await startServer({ telemetry: openTelemetry({ agentName: 'support', agentId: 'a-1' }) });
    const headers = {
      traceparent: `00-${traceId}-${spanId}-01`,
      'x-amzn-requestid': 'request-1',
    };
    const events = await readAll(await server.post('s', { prompt: 'hi' }, { headers }));
    const [turnId] = String(events[0]?.id).split(':');
    const request = await collector.span('POST /invocations');
    const turn = await collector.span('invoke_agent support');
    const session = { 'session.id': 's', 'gen_ai.conversation.id': 's' };
    expect(request.spanContext().traceId).toBe(traceId);
    expect(parentOf(request)).toBe(spanId);
    expect(request.kind).toBe(SpanKind.SERVER);
    expect(request.status.code).toBe(SpanStatusCode.UNSET);
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
    expect(turn.status.code).toBe(SpanStatusCode.UNSET);
    expect(turn.attributes).toEqual({
      ...session,
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'looopy',
      'gen_ai.agent.name': 'support',
      'gen_ai.agent.id': 'a-1',
      'looopy.turn.id': turnId,
      'looopy.turn.outcome': 'completed',
    });
  });

  it('go on when the caller leaves: the turn ends when it ends', async () => {
    const collector = collect();
    const { script, running } = openTurns();
    const server = await startServer({ telemetry: openTelemetry(), script });
    const leaving = new AbortController();
    const answer = server.post('s', { prompt: 'hi' }, { signal: leaving.signal });
    const turn = await running();
    await answer;
    leaving.abort();
    const request = await collector.span('POST /invocations');
    expect(request.attributes).toMatchObject({
      'looopy.caller_left': true,
      'http.response.status_code': 200,
    });
    expect(collector.spans()).toHaveLength(1);
    turn.complete();
    const { attributes } = await collector.span('invoke_agent');
    expect(attributes).toMatchObject({ 'looopy.turn.outcome': 'completed' });
    await eventually(() => expect(collector.spans()).toHaveLength(2));
  });
});
