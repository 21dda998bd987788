import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAgentStateTable } from '../../src/adapters/dynamodb/index.js';
import { type DynamoDBEndpoint, startDynamoDB } from '../backends/dynamodb-endpoint.js';
import { functionUrl } from '../lambda/events.js';
import { type FunctionProcess, startFunctionProcess } from '../lambda/function-process.js';
import { Relay } from '../redis/relay.js';

let endpoint: DynamoDBEndpoint;
let tableName: string;

beforeAll(async () => {
  endpoint = await startDynamoDB();
  tableName = `lambda-${crypto.randomUUID()}`;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint: endpoint.url, region: 'us-east-1', credentials });
  await createAgentStateTable(client, { tableName });
  client.destroy();
});

afterAll(() => endpoint.close());

function startExample(url = endpoint.url): Promise<FunctionProcess> {
  return startFunctionProcess(
    ['--import', 'tsx', 'test/lambda/run-function.ts', 'examples/lambda/handler.ts'],
    {
      AGENT_STATE_TABLE: tableName,
      AWS_ENDPOINT_URL_DYNAMODB: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  );
}

const ask = (session: string, body: object) => ({
  ...functionUrl,
  headers: { ...functionUrl.headers, 'x-amzn-bedrock-agentcore-runtime-session-id': session },
  body: JSON.stringify(body),
});

describe('the function', () => {
  it('goes on with a session in the next process that Lambda starts', async () => {
    const first = await startExample();
    const question = await first.call(ask('asked', { prompt: 'ask What is your name?' }));
    expect(question.statusCode).toBe(200);
    const inputId = /"inputId":"(.*?)"/.exec(question.body)?.[1];
    await first.kill();
    const second = await startExample();
    const { body } = await second.call(ask('asked', { inputs: [{ inputId, value: 'Ada' }] }));
    expect(body).toMatch(/event: task-complete\ndata: .*Ada/);
  });

  it('goes on after a process that was killed in the middle of a turn', async () => {
    const first = await startExample();
    const answer = await first.api.invoke(ask('killed', { prompt: 'one two three four five six seven' }));
    // Until the agent has said something.
    for await (const chunk of answer.body) if (String(chunk).includes('content-delta')) break;
    await first.kill();
    const second = await startExample();
    const said: string[] = [];
    await vi.waitFor(
      async () => {
        const { statusCode, body } = await second.call(ask('killed', { prompt: 'still there?' }));
        said.push(`${statusCode} ${body}`);
        expect(body).toContain('task-complete');
      },
      { timeout: 120_000, interval: 1_000 },
    );
    // Until the lease of the killed turn has ended.
    expect(said[0]).toContain('TURN_RUNNING');
  });

  it.each<[string, (relay: Relay) => void]>([
    ['have been closed', (relay) => relay.reset()],
    ['have died without a word', (relay) => relay.cutSilently()],
  ])('works when it is frozen between requests, and its connections %s meanwhile', async (what, lose) => {
    const relay = await Relay.start(Number(new URL(endpoint.url).port));
    const { api, call, freeze, thaw } = await startExample(relay.url.replace('redis:', 'http:'));
    api.onIdle = freeze;
    api.beforeEvent = thaw;
    for (const turn of ['Turn 1', 'Turn 2', 'Turn 3']) {
      const { statusCode, body } = await call(ask(what, { prompt: 'hi' }));
      expect(statusCode).toBe(200);
      expect(body).toMatch(new RegExp(`event: task-complete\\ndata: .*${turn}`));
      await api.idle();
      lose(relay);
    }
  });
});
