import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { BedrockAgentCoreClient, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { RequestContext } from '../../src/index.js';
import { ask, FakeAgent } from './fake-agent.js';
import { readAll, startServer, type TestServer } from './harness.js';

const arn = 'arn:aws:bedrock-agentcore:eu-west-1:123456789012:runtime/agent-1';
const session = 'a-session-of-at-least-33-characters';
const prefix = 'x-amzn-bedrock-agentcore-runtime-';

/**
 * A small stand-in for the front of the platform: hands an invocation on to the container, signs off nothing, adds a
 * request id and an identity token, and hides what a container answers with an error.
 */
async function startFront(
  server: TestServer,
  headers: Record<string, string> = {},
): Promise<BedrockAgentCoreClient> {
  const handOn = async (request: IncomingMessage, response: ServerResponse) => {
    const kept = ['content-type', 'accept', 'traceparent', 'tracestate', 'baggage'];
    const passed = Object.entries(request.headers).filter(
      ([name]) => name.startsWith(prefix) || kept.includes(name),
    );
    const chunks = await request.toArray();
    const answer = await fetch(`${server.url}/invocations`, {
      method: 'POST',
      headers: {
        ...Object.fromEntries(passed.map(([name, value]) => [name, String(value)])),
        'x-amzn-requestid': 'request-1',
        'x-amz-bedrock-agentcore-identity-wat': 'identity-token',
        ...headers,
      },
      body: Buffer.concat(chunks),
    });
    if (!answer.ok) {
      response.writeHead(424, {
        'content-type': 'application/json',
        'x-amzn-errortype': 'RuntimeClientError',
      });
      response.end('{"message":"Received error from runtime."}');
      return;
    }
    response.writeHead(200, {
      'content-type': answer.headers.get('content-type') ?? '',
      'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': answer.headers.get(`${prefix}session-id`) ?? '',
    });
    await pipeline(answer.body ?? [], response);
  };
  const front = createServer(
    (request, response) => void handOn(request, response).catch(() => response.destroy()),
  );
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void front.close().closeAllConnections());
  const address = front.address();
  const client = new BedrockAgentCoreClient({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return client;
}

const invoke = (client: BedrockAgentCoreClient, body: unknown, more: object = {}) =>
  client.send(
    new InvokeAgentRuntimeCommand({
      agentRuntimeArn: arn,
      runtimeSessionId: session,
      payload: Buffer.from(JSON.stringify(body)),
      ...more,
    }),
  );

const readSent = async (output: Awaited<ReturnType<typeof invoke>>) =>
  readAll(new Response(await output.response?.transformToString()));

it('streams to the client of the platform, with strict session ids', async () => {
  const contexts: RequestContext[] = [];
  const server = await startServer({
    strictSessionIds: true,
    agent: async (contextId, context) => {
      contexts.push(context);
      return new FakeAgent(contextId);
    },
  });
  const client = await startFront(server);
  const output = await invoke(
    client,
    { prompt: 'hello' },
    { runtimeUserId: 'user-1', traceParent: '00-1-2-01', baggage: 'a=b' },
  );
  expect(output.contentType).toBe('text/event-stream; charset=utf-8');
  expect(output.runtimeSessionId).toBe(session);
  expect((await readSent(output)).at(-1)).toMatchObject({
    kind: 'task-complete',
    data: { content: 'You said hello' },
  });
  expect(contexts).toMatchObject([
    {
      sessionId: session,
      userId: 'user-1',
      requestId: 'request-1',
      identityToken: 'identity-token',
      traceparent: '00-1-2-01',
      baggage: 'a=b',
    },
  ]);
});

it('answers JSON to a client of the platform that wants no stream', async () => {
  const client = await startFront(await startServer());
  const output = await invoke(client, { prompt: 'hello' }, { accept: 'application/json' });
  expect(JSON.parse((await output.response?.transformToString()) ?? '')).toMatchObject({
    content: 'You said hello',
  });
});

it('asks, and takes the answer, through the client of the platform', async () => {
  const client = await startFront(await startServer({ script: ask }));
  expect((await readSent(await invoke(client, { prompt: 'ask' }))).at(-1)?.kind).toBe('input-required');
  const inputs = [{ inputId: 'input-1', value: 'this one' }];
  expect((await readSent(await invoke(client, { inputs }))).at(-1)?.kind).toBe('task-complete');
});

it('is told of and stopped by a second invocation while a turn runs, since the platform passes on no abort', async () => {
  const server = await startServer({ script: () => new Promise<never>(() => {}) });
  const client = await startFront(server);
  // Waited for from the beginning: it may be stopped before the cancellation has been answered.
  const stopped = expect(invoke(client, { prompt: 'hello' })).rejects.toMatchObject({
    name: 'RuntimeClientError',
    $metadata: { httpStatusCode: 424 },
  });
  await vi.waitFor(() => expect(server.agents[0]?.turns).toHaveLength(1));
  const state = await invoke(client, { type: 'status' });
  expect(await state.response?.transformToString()).toContain('"turnCount":0');
  const cancelled = await invoke(client, { type: 'cancel' });
  expect(await cancelled.response?.transformToString()).toBe('{"cancelled":true}');
  await stopped;
});

it('tells a caller what was wrong although the platform hides the bodies of failures', async () => {
  const client = await startFront(await startServer({ errors: 'events' }));
  const output = await invoke(client, { prompt: '' });
  expect(await readSent(output)).toMatchObject([{ kind: 'error', data: { code: 'BAD_REQUEST' } }]);
});
