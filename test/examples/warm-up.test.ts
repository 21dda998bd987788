import { expect, it, onTestFinished } from 'vitest';
import { createClient, createTable, startDynamoDB } from '../backends/dynamodb-endpoint.js';
import { startExample } from './example-process.js';

it('is warmed up once, and then serves', async () => {
  const endpoint = await startDynamoDB();
  onTestFinished(() => endpoint.close());
  const client = createClient(endpoint.url);
  const AGENT_STATE_TABLE = await createTable(client);
  client.destroy();
  const server = await startExample('examples/warm-up/main.ts', {
    AGENT_STATE_TABLE,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    PORT: '0',
  });
  onTestFinished(() => server.kill());
  for (let count = 0; count < 2; count++) {
    const answer = await fetch(`${server.url}/warmup`, { method: 'POST' });
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'warm' }]);
  }
  expect((await fetch(`${server.url}/ping`)).status).toBe(200);
  const body = '{"prompt":"hello"}';
  const answer = await fetch(`${server.url}/invocations`, { method: 'POST', body });
  expect(await answer.text()).toContain('event: task-complete');
});
