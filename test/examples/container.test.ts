import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';
import { runExample } from './example-process.js';

let endpoint: DynamoDBEndpoint;

beforeAll(async () => {
  endpoint = await startDynamoDB();
});

afterAll(() => endpoint.close());

describe('the container', () => {
  it('is built, starts without privileges, is healthy, runs a turn and ends with 0 at SIGTERM', async () => {
    const client = createClient(endpoint.url);
    const output = await runExample('bash', ['examples/container/run-without-docker.sh'], {
      AGENT_STATE_TABLE: await createTable(client),
      AWS_ENDPOINT_URL_DYNAMODB: endpoint.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
    client.destroy();
    expect(output).toMatch(/^\{"status":"Healthy","time_of_last_update":\d+\}$/m);
    expect(output).toContain('event: task-complete');
    expect(output).toMatch(/^> exit 0$/m);
  });

  it('has the same steps in its Dockerfile', async () => {
    const dockerfile = await readFile('examples/container/Dockerfile', 'utf8');
    const instructions = dockerfile.split('\n').filter((line) => /^[A-Z]+ /.test(line));
    expect(instructions).toContain('RUN npm ci --omit=dev --ignore-scripts');
    expect(instructions).toContain('EXPOSE 8080');
    expect(instructions.slice(-1)).toEqual(['CMD ["node", "main.js"]']);
    const user = instructions.indexOf('USER node');
    expect(user).toBeGreaterThan(instructions.findLastIndex((line) => /^(RUN|COPY) /.test(line)));
  });

  it('has the Dockerfile of the page for production, which says the same without comments', async () => {
    const [dockerfile, page] = await Promise.all([
      readFile('examples/container/Dockerfile', 'utf8'),
      readFile('docs/production.md', 'utf8'),
    ]);
    const [, onPage] = page.match(/^```dockerfile\n(.*?)^```$/ms) ?? [];
    expect(onPage).toBe(dockerfile.replace(/^#.*\n/gm, ''));
  });
});
