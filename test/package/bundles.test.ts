import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';
import { startProgram } from '../examples/example-process.js';
import { functionUrl } from '../lambda/events.js';
import { startFunctionProcess } from '../lambda/function-process.js';
import { Consumer, packPackage, run } from './consumer.js';

const example = 'examples/bundle';
const nativeClient = resolve('test/package/native-client.cjs');
/** What Lambda sets for its runtime. */
const lambdaEnvironment = {
  _HANDLER: 'index.handler',
  AWS_LAMBDA_FUNCTION_NAME: 'agents',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/agents',
  AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
  AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: 'true',
};
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
  await mkdir(join(root, 'runtime'));
  await writeFile(join(root, 'runtime/package.json'), '{}');
  // Without its scripts, which compile a client in C++ for minutes.
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', 'aws-lambda-ric@^4.0.2'];
  await run('npm', install, join(root, 'runtime'));
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
  it.each(['esm', 'cjs'])(
    'is one file, whose processes share sessions, on the runtime of Lambda: %s',
    async (format) => {
      const folder = join(root, `dist/lambda-${format}`);
      expect(await readdir(folder)).toHaveLength(1);
      const env = { ...(await useTable()), ...lambdaEnvironment, LAMBDA_TASK_ROOT: folder };
      for (const turn of ['Turn 1', 'Turn 2']) {
        const runtime = join(root, 'runtime/node_modules/aws-lambda-ric');
        await writeFile(join(runtime, 'rapid-client.node'), '');
        const args = ['--require', nativeClient, join(runtime, 'index.mjs')];
        const started = await startFunctionProcess(args, env);
        const ping = { ...functionUrl, rawPath: '/ping', requestContext: { http: { method: 'GET' } } };
        expect(await started.call(ping)).toMatchObject({ statusCode: 200 });
        const { statusCode, body } = await started.call(functionUrl);
        expect(statusCode).toBe(200);
        expect(body).toContain(`"content":"${turn}: hi"`);
        const answer = await started.api.invoke({ Records: [] });
        await text(answer.body);
        expect(answer.body.trailers['lambda-runtime-function-error-type']).toBe('AgentStoreError');
        // The process goes on.
        expect(await started.call(ping)).toMatchObject({ statusCode: 200 });
        expect(started.output()).toContain('"msg":"request"');
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
