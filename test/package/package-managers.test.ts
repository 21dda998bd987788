import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { createAgentStateTable } from '../../src/adapters/dynamodb/index.js';
import { createClient, type DynamoDBEndpoint, startDynamoDB } from '../backends/dynamodb-endpoint.js';
import { packPackage, run } from './consumer.js';

interface Manager {
  readonly command: readonly string[];
  readonly add: readonly string[];
  /** What starts a program. */
  readonly node: readonly string[];
}

const yarn = [process.execPath, resolve('node_modules/@yarnpkg/cli-dist/bin/yarn.js')];
const classicYarn = [process.execPath, resolve('node_modules/yarn/bin/yarn.js')];
const managers: Readonly<Record<string, Manager>> = {
  pnpm: {
    command: [process.execPath, resolve('node_modules/pnpm/bin/pnpm.cjs')],
    add: ['add', '--prefer-offline', '--store-dir', '../store'],
    node: [process.execPath],
  },
  // Without node_modules: Plug'n'Play, its default.
  yarn: { command: yarn, add: ['add'], node: [...yarn, 'node'] },
  'yarn 1': {
    command: classicYarn,
    add: ['add', '--non-interactive', '--cache-folder', '../cache'],
    node: [process.execPath],
  },
};

/** A server without a socket and a function of Lambda, over a table. */
const program = `import { createApp } from '@looopy-ai/aws/hono';
import { createLambdaHandler } from '@looopy-ai/aws/lambda';
import { DynamoDBAgentStore } from '@looopy-ai/aws/stores/dynamodb';
const agentStore = new DynamoDBAgentStore({ tableName: 'agent-state', agentId: 'a' });
const contextId = crypto.randomUUID();
const state = { status: 'idle', turnCount: 7, createdAt: new Date(), lastActivity: new Date() };
await agentStore.save(contextId, state);
const config = { agentStore, agent: async () => { throw new Error('not asked for'); } };
const app = createApp(config);
const headers = { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': contextId };
const { turnCount } = await (await app.request('/invocations', { headers })).json();
const handler = createLambdaHandler({ ...config, logger: { info() {}, warn() {}, error() {} } });
const { body } = await handler({ type: 'status', sessionId: contextId }, {});
await agentStore.close();
console.log(JSON.stringify([turnCount, JSON.parse(body).turnCount]));`;

let root: string;
let tarball: string;
let endpoint: DynamoDBEndpoint;
let registry: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'managers-'));
  tarball = await packPackage(root);
  registry = (await run('npm', ['config', 'get', 'registry'], root)).stdout.trim();
  endpoint = await startDynamoDB();
  const client = createClient(endpoint.url);
  await createAgentStateTable(client, { tableName: 'agent-state' });
  client.destroy();
});

afterAll(async () => {
  await endpoint.close();
  await rm(root, { recursive: true, force: true });
});

describe.each(Object.entries(managers))('%s', (name, { command, add, node }) => {
  let folder: string;

  beforeAll(async () => {
    folder = join(root, name);
    await mkdir(folder);
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    // An empty one makes the folder a project of its own.
    await writeFile(join(folder, 'yarn.lock'), '');
    await writeFile(join(folder, 'main.mjs'), program);
    await execute(
      [...command, ...add],
      `@looopy-ai/aws@file:${tarball}`,
      sdk('client-dynamodb'),
      sdk('lib-dynamodb'),
    );
  });

  it('installs what keeps sessions and serves agents', async () => {
    expect(JSON.parse(await execute(node, 'main.mjs'))).toEqual([7, 7]);
  });

  async function execute([program = '', ...args]: readonly string[], ...others: string[]): Promise<string> {
    const { stdout } = await run(program, [...args, ...others], folder, {
      AWS_ENDPOINT_URL_DYNAMODB: endpoint.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      YARN_NPM_REGISTRY_SERVER: registry,
      YARN_CACHE_FOLDER: join(root, 'yarn-cache'),
      YARN_ENABLE_GLOBAL_CACHE: 'false',
      YARN_ENABLE_TELEMETRY: 'false',
    });
    return stdout;
  }
});

function sdk(name: 'client-dynamodb' | 'lib-dynamodb'): string {
  return `@aws-sdk/${name}@${packageJson.devDependencies[`@aws-sdk/${name}`]}`;
}
