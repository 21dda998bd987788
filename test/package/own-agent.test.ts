import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type DynamoDBEndpoint, startDynamoDB } from '../backends/dynamodb-endpoint.js';
import { runExample, startProgram } from '../examples/example-process.js';
import { Consumer, packPackage } from './consumer.js';

let root: string;
let folder: string;
let endpoint: DynamoDBEndpoint;
let consumer: Consumer;
/** The program of the page. */
let program: string;
/** The requests of the page, each as it is put into a shell. */
let requests: string[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'own-agent-'));
  folder = join(root, 'project');
  const page = await readFile('docs/your-own-agent.md', 'utf8');
  program = page.match(/^```ts\n(.*?)^```$/ms)?.[1] ?? '';
  const lines = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  );
  const session = lines.find((line) => line.startsWith('session='));
  requests = lines.filter((line) => line.startsWith('curl')).map((line) => `${session}\n${line}`);
  const { tsx, '@aws-sdk/client-dynamodb': sdk } = packageJson.devDependencies;
  const packages = {
    '@looopy-ai/aws': `file:${await packPackage(root)}`,
    '@aws-sdk/client-dynamodb': sdk,
    tsx,
  };
  consumer = await Consumer.create(folder, packages);
  endpoint = await startDynamoDB();
});

afterAll(async () => {
  await endpoint.close();
  await rm(root, { recursive: true, force: true });
});

async function start(code: string) {
  await consumer.write('main.ts', code);
  const env = {
    PORT: '0',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  return startProgram(['--import', 'tsx', 'main.ts'], env, folder);
}

async function send(url: string, request = '', inputId = ''): Promise<string> {
  const script = request.replace('http://localhost:8080', url).replace('<inputId>', inputId);
  return runExample('bash', ['-euc', script], {});
}

const findInputId = (answer: string) => answer.match(/"inputId":"([^"]+)"/)?.[1];

describe('the agent of the page', () => {
  it('asks, is killed, and greets by the name it is told in the next process', async () => {
    const [hello, answer, again] = requests;
    const first = await start(program);
    const asked = await send(first.url, hello);
    expect(asked).toContain('event: tool-input-required');
    await first.kill();
    const second = await start(program);
    const greeted = await send(second.url, answer, findInputId(asked));
    expect(greeted).toMatch(/"content":"Hello Ada, you said: hello. You draw [1-6], and this is message 1."/);
    const greetedAgain = await send(second.url, again);
    expect(greetedAgain).toMatch(/Hello Ada, you said: hello again. You draw [1-6], and this is message 5."/);
    expect(await second.stop()).toBe(0);
  });
});
