import { cp, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';
import { runExample, startProgram } from '../examples/example-process.js';
import { Consumer, packPackage } from './consumer.js';

const example = 'examples/bundle';
const lambdaProcess = resolve('test/package/lambda-process.mjs');
let root: string;
let consumer: Consumer;
let endpoint: DynamoDBEndpoint;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bundles-'));
  endpoint = await startDynamoDB();
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(example, 'package.json'), 'utf8'));
  const tarball = `file:${await packPackage(root)}`;
  const packages = { ...dependencies, ...devDependencies, '@looopy-ai/aws': tarball };
  consumer = await Consumer.create(join(root, 'project'), packages);
  for (const file of await readdir(example)) {
    if (file.endsWith('.js')) await cp(join(example, file), join(root, 'project', file));
  }
  await consumer.run(`import './build.js';`);
  // Away from everything that is installed.
  await rename(join(root, 'project/dist'), join(root, 'dist'));
});

afterAll(async () => {
  await endpoint.close();
  await rm(root, { recursive: true, force: true });
});

async function useTable() {
  const client = createClient(endpoint.url);
  const AGENT_STATE_TABLE = await createTable(client);
  client.destroy();
  return {
    AGENT_STATE_TABLE,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
}

describe('the bundle for AgentCore Runtime', () => {
  it.each(['esm', 'cjs'])('is one file that runs turns, ends at SIGTERM and goes on: %s', async (format) => {
    const folder = join(root, `dist/agentcore-${format}`);
    expect((await readdir(folder)).sort()).toEqual(['main.js', 'package.json']);
    const env = { ...(await useTable()), PORT: '0' };
    for (const turn of ['Turn 1', 'Turn 2']) {
      const server = await startProgram([join(folder, 'main.js')], env);
      expect((await fetch(`${server.url}/ping`)).status).toBe(200);
      const answer = await fetch(`${server.url}/invocations`, {
        method: 'POST',
        headers: { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': 's' },
        body: JSON.stringify({ prompt: 'hello' }),
      });
      expect(await answer.text()).toContain(`"content":"${turn}: hello"`);
      expect(await server.stop()).toBe(0);
    }
  });
});

describe('the bundle for Lambda', () => {
  it.each(['esm/index.mjs', 'cjs/index.cjs'])(
    'is one file, whose processes share sessions: %s',
    async (file) => {
      const path = join(root, `dist/lambda-${file}`);
      const env = await useTable();
      for (const turn of ['Turn 1', 'Turn 2']) {
        const answer = await runExample(
          process.execPath,
          [lambdaProcess, path, 's', '{"prompt":"hello"}'],
          env,
        );
        expect(answer).toContain(`"content":"${turn}: hello"`);
      }
    },
  );
});

describe('the banner of the ES modules', () => {
  it('is what they need', async () => {
    const main = await readFile(join(root, 'dist/agentcore-esm/main.js'), 'utf8');
    await consumer.write('without-banner.mjs', main.slice(main.indexOf('\n')));
    await expect(consumer.run(`import './without-banner.mjs';`)).rejects.toThrow('Dynamic require of');
  });
});
