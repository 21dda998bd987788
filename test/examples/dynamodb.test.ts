import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DynamoDBEndpoint, startDynamoDB } from '../backends/dynamodb-endpoint.js';
import { runExample, startExample } from './example-process.js';

let endpoint: DynamoDBEndpoint;

beforeAll(async () => {
  endpoint = await startDynamoDB();
});

afterAll(() => endpoint.close());

function environment() {
  return {
    AGENT_STATE_TABLE: `production-${crypto.randomUUID()}`,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    PORT: '0',
  };
}

const setUp = ['--import', 'tsx', 'examples/dynamodb/setup-table.ts'];
const main = 'examples/dynamodb/main.ts';
const headers = { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': 's' };

describe('the production wiring', () => {
  it('goes on with a session in a table that was set up, after SIGTERM and a new start', async () => {
    const env = environment();
    const ready = `The table "${env.AGENT_STATE_TABLE}" can be used.\n`;
    expect(await runExample(process.execPath, setUp, env)).toBe(ready);
    expect(await runExample(process.execPath, setUp, env)).toBe(ready);
    for (const turnCount of [1, 2]) {
      const server = await startExample(main, env);
      const url = `${server.url}/invocations`;
      const turn = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ prompt: 'hello' }) });
      expect(await turn.text()).toContain('event: task-complete');
      expect(await (await fetch(url, { headers })).json()).toMatchObject({ turnCount });
      expect(await server.stop()).toBe(0);
    }
  });

  it('does not start where the table is missing, and says so', async () => {
    const started = runExample(process.execPath, ['--import', 'tsx', main], environment());
    await expect(started).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not exist'),
    });
  });
});
