import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { createAgentStateTable } from '../../src/adapters/dynamodb/index.js';
import { type DynamoDBEndpoint, startDynamoDB } from '../backends/dynamodb-endpoint.js';

let endpoint: DynamoDBEndpoint;

beforeAll(async () => {
  endpoint = await startDynamoDB();
});

afterAll(() => endpoint.close());

/** What a function URL sends. */
const createEvent = (body: object) => ({
  version: '2.0',
  rawPath: '/invocations',
  rawQueryString: '',
  headers: { 'x-amzn-bedrock-agentcore-runtime-session-id': 's' },
  requestContext: { http: { method: 'POST' }, domainName: 'example.lambda-url.us-east-1.on.aws' },
  body: JSON.stringify(body),
  isBase64Encoded: false,
});

/** Loads the function as a new process does, and calls it once. */
async function invoke(request: object) {
  vi.resetModules();
  const { handler } = await import('../../examples/lambda/handler.js');
  const stream = new PassThrough();
  const body = text(stream);
  await Reflect.apply(handler, undefined, [createEvent(request), stream, {}]);
  return body;
}

it('goes on with a session in the next process that Lambda starts', async () => {
  const tableName = `lambda-${crypto.randomUUID()}`;
  const environment = {
    AGENT_STATE_TABLE: tableName,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  // What Lambda defines in its own processes.
  const from = vi.fn((stream: PassThrough) => stream);
  vi.stubGlobal('awslambda', {
    streamifyResponse: (handle: unknown) => handle,
    HttpResponseStream: { from },
  });
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  });
  await createAgentStateTable(new DynamoDBClient({}), { tableName });

  const question = await invoke({ prompt: 'ask What is your name?' });
  const inputId = /"inputId":"(.*?)"/.exec(question)?.[1];
  expect(from).toHaveBeenLastCalledWith(expect.anything(), expect.objectContaining({ statusCode: 200 }));
  expect(await invoke({ inputs: [{ inputId, value: 'Ada' }] })).toMatch(/event: task-complete\ndata: .*Ada/);
});
