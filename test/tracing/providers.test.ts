import { createRequire } from 'node:module';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DynamoDBAgentStore } from '../../src/adapters/dynamodb/index.js';
import { openTelemetry, traced } from '../../src/adapters/tracing/index.js';
import { readAll, startServer } from '../server/harness.js';
import { collect } from './collector.js';

const request = { method: 'POST', route: '/invocations', headers: {} };

/** The API once more, as when the application and its SDK have each installed one. */
function loadOtherApi(): typeof import('@opentelemetry/api') {
  const require = createRequire(import.meta.url);
  const ours = Object.keys(require.cache).filter((path) => path.includes('/@opentelemetry/api/'));
  const kept = ours.map((path) => [path, require.cache[path]] as const);
  for (const path of ours) delete require.cache[path];
  const other = require('@opentelemetry/api');
  for (const [path, module] of kept) require.cache[path] = module;
  return other;
}

describe('a provider', () => {
  it('may be registered through another copy of the API', async () => {
    const other = loadOtherApi();
    const exporter = new InMemorySpanExporter();
    const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    expect(other.trace.setGlobalTracerProvider(provider)).toBe(true);
    onTestFinished(() => other.trace.disable());
    const forceFlush = vi.spyOn(provider, 'forceFlush');
    const server = await startServer({ telemetry: openTelemetry() });
    await readAll(await server.post('s', { prompt: 'hi' }));
    await server.close();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual([
      'invoke_agent',
      'POST /invocations',
    ]);
    expect(forceFlush).toHaveBeenCalledOnce();
  });

  it('may be one of numbers alone', async () => {
    const provider = new MeterProvider();
    metrics.setGlobalMeterProvider(provider);
    onTestFinished(() => {
      metrics.disable();
      return provider.shutdown();
    });
    const heard = openTelemetry().request(request);
    expect(heard).toBeDefined();
    heard?.end({ status: 400, code: 'BAD_REQUEST', hasFailed: false, callerLeft: false });
  });

  it('is told of a trace that is not sampled, and nothing is measured for it', async () => {
    const provider = new NodeTracerProvider({ sampler: new AlwaysOffSampler() });
    provider.register();
    onTestFinished(() => {
      for (const api of [trace, context, propagation]) api.disable();
      return provider.shutdown();
    });
    const heard = openTelemetry({ captureContent: true }).request(request);
    expect(heard?.turn({ sessionId: 's', turnId: 't', said: 'hi' })?.wantsContent).toBe(false);
    const sent: object[] = [];
    const documentClient = {
      send: async (command: object) => {
        sent.push(Object(Reflect.get(command, 'input')));
        return {};
      },
    };
    const store = traced(new DynamoDBAgentStore({ tableName: 't', agentId: 'a', documentClient }));
    expect(await store.load('s')).toBeNull();
    expect(sent).toHaveLength(1);
    expect(sent[0]).not.toHaveProperty('ReturnConsumedCapacity');
  });

  it('is asked again when another one is registered', async () => {
    const telemetry = openTelemetry();
    expect(telemetry.request(request)).toBeUndefined();
    const collector = collect();
    telemetry.request(request)?.end({ status: 200, hasFailed: false, callerLeft: false });
    expect(collector.spans()).toHaveLength(1);
  });
});
