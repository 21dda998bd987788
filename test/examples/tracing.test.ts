import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createClient, createTable, startDynamoDB } from '../backends/dynamodb-endpoint.js';
import { Consumer, packPackage } from '../package/consumer.js';
import { eventually } from '../server/shared-servers.js';
import { startProgram } from './example-process.js';
import { type ExportedSpan, OtlpCollector } from './otlp-collector.js';

const example = 'examples/tracing';
let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tracing-'));
  folder = join(root, 'project');
  const { dependencies } = JSON.parse(await readFile(join(example, 'package.json'), 'utf8'));
  const packed = `file:${await packPackage(root)}`;
  await Consumer.create(folder, { ...dependencies, '@looopy-ai/aws': packed });
  for (const file of ['telemetry.js', 'main.js']) await cp(join(example, file), join(folder, file));
});

afterAll(() => rm(root, { recursive: true, force: true }));

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** The example in a process of its own, with a table, a weather service and a collector. */
async function start(answerWeather: Answer) {
  const endpoint = await startDynamoDB();
  const client = createClient(endpoint.url);
  const collector = await OtlpCollector.start();
  const weather = createServer(answerWeather);
  await new Promise<void>((resolve) => weather.listen(0, '127.0.0.1', resolve));
  const { port }: AddressInfo = Object(weather.address());
  onTestFinished(async () => {
    collector.close();
    weather.close();
    client.destroy();
    await endpoint.close();
  });
  const env = {
    AGENT_STATE_TABLE: await createTable(client),
    AWS_ENDPOINT_URL_DYNAMODB: endpoint.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    WEATHER_URL: `http://127.0.0.1:${port}/weather`,
    PORT: '0',
    // What sets the distribution up for the pages of AgentCore.
    AGENT_OBSERVABILITY_ENABLED: 'true',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'none',
    // Without a look at where it runs, which takes requests to addresses that are not there.
    OTEL_NODE_RESOURCE_DETECTORS: 'env',
  };
  const server = await startProgram(['--import', './telemetry.js', 'main.js'], env, folder);
  onTestFinished(() => server.kill());
  const send = (body: object, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/invocations`, {
      method: 'POST',
      headers: { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': 'session-1', ...headers },
      body: JSON.stringify(body),
    });
  return { server, collector, send };
}

const find = (spans: readonly ExportedSpan[], name: string, scope?: string) => {
  const found = spans.filter((span) => span.name === name && (scope === undefined || span.scope === scope));
  expect([name, found.length]).toEqual([name, 1]);
  return found[0];
};

describe('the example with the AWS distribution of OpenTelemetry', () => {
  it('exports the request, the turn, the calls of stores and what the agent does, each inside of the other', async () => {
    const asked: IncomingMessage[] = [];
    const { server, collector, send } = await start((request, response) => {
      asked.push(request);
      response.end('sunny');
    });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const response = await send({ prompt: 'Bern' }, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
    expect(await response.text()).toContain('In Bern: sunny.');
    expect(await server.stop()).toBe(0);

    const spans = collector.spans.filter((span) => span.traceId === traceId);
    const incoming = spans.find(({ parentSpanId }) => parentSpanId === 'b7ad6b7169203331');
    expect(incoming?.scope).toBe('@opentelemetry/instrumentation-http');
    const request = find(spans, 'POST /invocations', '@looopy-ai/aws');
    expect(request?.parentSpanId).toBe(incoming?.spanId);
    const turn = find(spans, 'invoke_agent weather');
    expect(turn?.parentSpanId).toBe(request?.spanId);
    expect(turn?.attributes).toMatchObject({
      'session.id': 'session-1',
      'gen_ai.conversation.id': 'session-1',
      'looopy.turn.outcome': 'completed',
    });
    expect(find(spans, 'begin turns')?.parentSpanId).toBe(request?.spanId);
    const load = find(spans, 'load agent_state');
    expect(load?.parentSpanId).toBe(turn?.spanId);
    // The distribution sees the SDK, which is imported: the hook is there.
    const get = spans.find(({ parentSpanId }) => parentSpanId === load?.spanId);
    expect(get).toMatchObject({ name: 'DynamoDB.GetItem', scope: '@opentelemetry/instrumentation-aws-sdk' });
    const call = spans.find(({ name, scope }) => name === 'GET' && scope.includes('undici'));
    expect(call?.parentSpanId).toBe(turn?.spanId);
    expect([get, call].map((span) => span?.attributes['session.id'])).toEqual(['session-1', 'session-1']);
    expect(asked[0]?.headers.traceparent).toContain(`${traceId}-${call?.spanId}`);
    expect(asked[0]?.headers.baggage).toBe('session.id=session-1');
    expect([...collector.metrics]).toEqual(
      expect.arrayContaining(['looopy.turn.ended', 'looopy.turn.running', 'looopy.response.waiting']),
    );
    expect(JSON.stringify(spans.filter(({ scope }) => scope === '@looopy-ai/aws'))).not.toContain('Bern');
  });

  it('exports a turn that ends after SIGTERM', async () => {
    const answers: (() => void)[] = [];
    const { server, collector, send } = await start((_, response) => {
      answers.push(() => response.end('rainy'));
    });
    const answer = send({ prompt: 'Bern' });
    await eventually(() => expect(answers).toHaveLength(1));
    const stopped = server.stop();
    // Only once it stops: then it keeps no connection.
    await eventually(async () => {
      const { headers } = await fetch(`${server.url}/ping`);
      expect(headers.get('connection')).toBe('close');
    });
    answers[0]?.();
    expect(await (await answer).text()).toContain('In Bern: rainy.');
    expect(await stopped).toBe(0);
    const turn = find(collector.spans, 'invoke_agent weather');
    expect(turn?.attributes['looopy.turn.outcome']).toBe('completed');
  });
});
