import { BatchSpanProcessor, InMemorySpanExporter } from '@opentelemetry/sdk-trace-node';
import { expect, it, vi } from 'vitest';
import { openTelemetry } from '../../src/adapters/tracing/index.js';
import { createLambdaHandler } from '../../src/lambda/index.js';
import { silentLogger } from '../../src/server/logger.js';
import { invocation } from '../lambda/events.js';
import { FakeAgent } from '../server/fake-agent.js';
import { startServer } from '../server/harness.js';
import { collect } from './collector.js';

/** What is sent by itself only after a day. */
function collectLate() {
  const exporter = new InMemorySpanExporter();
  const processor = new BatchSpanProcessor(exporter, { scheduledDelayMillis: 86_400_000 });
  collect({ processor });
  return () => exporter.getFinishedSpans().map(({ name }) => name);
}

it('has all of a turn sent before a function is frozen', async () => {
  const sent = collectLate();
  const handler = createLambdaHandler({
    agent: async (contextId) => new FakeAgent(contextId),
    logger: silentLogger,
    telemetry: openTelemetry(),
  });
  await handler(invocation, {});
  expect(sent()).toEqual(['invoke_agent', 'POST /invocations']);
});

it('has all sent before the warm-up is answered, and so before the snapshot', async () => {
  const sent = collectLate();
  const telemetry = openTelemetry();
  const warmup = vi.fn(async () =>
    telemetry.request({ method: 'GET', route: '/warm', headers: {} })?.end(ended),
  );
  const ended = { status: 200, hasFailed: false, callerLeft: false };
  const server = await startServer({ telemetry, warmup });
  const response = await fetch(`${server.url}/warmup`, { method: 'POST' });
  expect([response.status, sent()]).toEqual([200, ['GET /warm']]);
});
