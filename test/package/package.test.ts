import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { createAgentStateTable } from '../../src/adapters/dynamodb/index.js';
import { agentStoreContract } from '../../src/testing/index.js';
import { createClient, createTable, startDynamoDB } from '../backends/dynamodb-endpoint.js';
import { createMemoryBackend } from '../backends/memory-backend.js';
import { RedisServer } from '../backends/redis-server.js';
import { apiExamples } from './api-examples.js';
import { Consumer, compilers, packPackage, resolutions, unpack } from './consumer.js';
import { coreStandIn } from './core-stand-in.js';
import {
  type DocumentedProgram,
  docsPrograms,
  readmePrograms,
  redisUrlVariable,
} from './documented-programs.js';
import { jestTests, ownTests, readJestConfigs } from './jest-project.js';
import { followLinks } from './links.js';
import {
  assignability,
  docsSnippets,
  pasted,
  readmeSnippets,
  serverProgram,
  storeProgram,
} from './snippets.js';

const { name, devDependencies, peerDependencies } = packageJson;
const entryPoints = Object.keys(packageJson.exports)
  .filter((path) => path !== './package.json')
  .map((path) => name + path.slice(1));
const combinations = compilers.flatMap((compiler) =>
  resolutions.map((resolution) => ({ compiler, resolution })),
);

/** Projects by the clients they have installed besides the package. */
let consumers: Record<'none' | 'sdk' | 'redis' | 'both' | 'jest', Consumer>;
let root: string;
let tarball: string;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'package-'));
  const wanted = { ...peerDependencies, ...devDependencies };
  const inVersion = (...names: (keyof typeof wanted)[]) =>
    Object.fromEntries(names.map((name) => [name, wanted[name]]));
  tarball = await packPackage(root);
  const packages = { [name]: `file:${tarball}`, ...inVersion('@types/node') };
  const none = await Consumer.create(join(root, 'none'), packages);
  const sdkPackages = inVersion('@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb');
  const sdk = await none.extend(join(root, 'sdk'), sdkPackages);
  const redis = await none.extend(join(root, 'redis'), inVersion('ioredis'));
  const jest = await none.extend(join(root, 'jest'), { jest: '^30.0.0', '@babel/preset-env': '^7.0.0' });
  const both = await sdk.extend(
    join(root, 'both'),
    inVersion('ioredis', 'rxjs', 'superjson', 'vitest', 'aws-cdk-lib', '@opentelemetry/api'),
  );
  for (const [path, text] of Object.entries(coreStandIn))
    await both.write(join('node_modules/@looopy-ai/core', path), text);
  consumers = { none, sdk, redis, both, jest };
});

afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await rm(root, { recursive: true, force: true });
});

/** What the environment says to those who find their table by it. */
async function useTable() {
  const { url, close } = await startDynamoDB();
  closing.push(close);
  return {
    AGENT_STATE_TABLE: await createTable(createClient(url)),
    AWS_ENDPOINT_URL_DYNAMODB: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
}

/** Saves a state and loads it again; what an agent does, in short. */
const useStore = `
async function use(store) {
  const now = new Date();
  await store.save('s', { status: 'idle', turnCount: 1, createdAt: now, lastActivity: now });
  return (await store.load('s')).turnCount;
}`;

const useMemory = `${useStore}
import { InMemoryAgentStore } from '@looopy-ai/aws/stores/memory';
console.log(JSON.stringify(await use(new InMemoryAgentStore({ agentId: 'a' }))));`;

const useDynamoDB = `${useStore}
import { DynamoDBAgentStore } from '@looopy-ai/aws/stores';
const { AGENT_STATE_TABLE: tableName = 'any' } = process.env;
const store = new DynamoDBAgentStore({ agentId: 'a', tableName });
const { turnCount, code, message } = await use(store).then((turnCount) => ({ turnCount }), (error) => error);
console.log(JSON.stringify({ turnCount, code, message }));`;

describe('the tarball', () => {
  it('holds what is published and nothing else', async () => {
    const list = `import { readdirSync } from 'node:fs';
      console.log(JSON.stringify(readdirSync('node_modules/${name}').sort()));`;
    const pages = ['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md'];
    const names = [...pages, 'dist', 'docs', 'examples', 'package.json', 'src'];
    expect(await consumers.none.evaluate(list)).toEqual(names);
  });

  it('has whatever its pages link to', async () => {
    const { count, broken } = await followLinks(await unpack(tarball, join(root, 'unpacked')));
    expect(broken).toEqual([]);
    expect(count).toBeGreaterThan(50);
  });

  it('would be seen to lack something', async () => {
    const folder = await unpack(tarball, join(root, 'lacking'));
    await rm(join(folder, 'LICENSE'));
    await writeFile(join(folder, 'docs/redis.md'), '# Something else');
    const { broken } = await followLinks(folder);
    expect(broken).toContain('README.md: LICENSE');
    expect(broken).toContain('README.md: docs/redis.md#the-server');
  });
});

describe('the entry points', () => {
  it('export what they have always exported', async () => {
    const keys = await consumers.both.evaluate(`
      const keys = {};
      for (const entry of ${JSON.stringify(entryPoints)}) keys[entry] = Object.keys(await import(entry));
      console.log(JSON.stringify(keys));`);
    expect(keys).toMatchInlineSnapshot(`
      {
        "@looopy-ai/aws": [
          "AgentError",
          "AgentStoreError",
          "AnnotatedData",
          "copySessions",
          "createAgent",
          "createAgentStore",
          "createMessageStore",
          "createPrefixKeySchema",
          "createServer",
          "createTurnStore",
          "defaultSerializer",
          "eraseSession",
          "exportSession",
          "fromStateText",
          "getRequestContext",
          "importSession",
          "interruptedNumber",
          "isAgentStoreError",
          "isExpectationMet",
          "isResumable",
          "pruneSessions",
          "serve",
          "toStateText",
          "trackTask",
          "verifyErased",
        ],
        "@looopy-ai/aws/hono": [
          "createApp",
        ],
        "@looopy-ai/aws/lambda": [
          "createLambdaHandler",
        ],
        "@looopy-ai/aws/stores": [
          "AgentStoreError",
          "AnnotatedData",
          "DynamoDBAgentStore",
          "DynamoDBMessageStore",
          "DynamoDBTurnStore",
          "InMemoryAgentStore",
          "InMemoryMessageStore",
          "InMemoryRecordStore",
          "InMemoryTurnStore",
          "RedisAgentStore",
          "RedisMessageStore",
          "RedisTurnStore",
          "copySessions",
          "createAgentStore",
          "createMessageStore",
          "createPrefixKeySchema",
          "createTurnStore",
          "defaultSerializer",
          "eraseSession",
          "exportSession",
          "fromStateText",
          "importSession",
          "interruptedNumber",
          "isAgentStoreError",
          "isExpectationMet",
          "isResumable",
          "pruneSessions",
          "toStateText",
          "verifyErased",
        ],
        "@looopy-ai/aws/stores/dynamodb": [
          "AgentStoreError",
          "AnnotatedData",
          "DynamoDBAgentStore",
          "DynamoDBMessageStore",
          "DynamoDBTurnStore",
          "checkAgentStateTable",
          "copySessions",
          "createAgentStateTable",
          "createAgentStore",
          "createMessageStore",
          "createPrefixKeySchema",
          "createTurnStore",
          "defaultSerializer",
          "eraseSession",
          "exportSession",
          "fromStateText",
          "importSession",
          "interruptedNumber",
          "isAgentStoreError",
          "isExpectationMet",
          "isResumable",
          "pruneSessions",
          "toStateText",
          "verifyErased",
        ],
        "@looopy-ai/aws/stores/memory": [
          "AgentStoreError",
          "AnnotatedData",
          "InMemoryAgentStore",
          "InMemoryMessageStore",
          "InMemoryRecordStore",
          "InMemoryTurnStore",
          "copySessions",
          "createAgentStore",
          "createMessageStore",
          "createPrefixKeySchema",
          "createTurnStore",
          "defaultSerializer",
          "eraseSession",
          "exportSession",
          "fromStateText",
          "importSession",
          "interruptedNumber",
          "isAgentStoreError",
          "isExpectationMet",
          "isResumable",
          "pruneSessions",
          "toStateText",
          "verifyErased",
        ],
        "@looopy-ai/aws/stores/redis": [
          "AgentStoreError",
          "AnnotatedData",
          "RedisAgentStore",
          "RedisMessageStore",
          "RedisTurnStore",
          "copySessions",
          "createAgentStore",
          "createMessageStore",
          "createPrefixKeySchema",
          "createTurnStore",
          "defaultSerializer",
          "eraseSession",
          "exportSession",
          "fromStateText",
          "importSession",
          "interruptedNumber",
          "isAgentStoreError",
          "isExpectationMet",
          "isResumable",
          "pruneSessions",
          "toStateText",
          "verifyErased",
        ],
        "@looopy-ai/aws/superjson": [
          "createSuperjsonSerializer",
        ],
        "@looopy-ai/aws/testing": [
          "Faults",
          "agentStoreContract",
          "assertSameValue",
          "messageStoreContract",
          "sessionListContract",
          "turnStoreContract",
        ],
        "@looopy-ai/aws/tracing": [
          "openTelemetry",
          "traced",
        ],
        "@looopy-ai/aws/ts/stores": [
          "AgentStoreError",
          "AnnotatedData",
          "DynamoDBAgentStore",
          "DynamoDBMessageStore",
          "DynamoDBTurnStore",
          "InMemoryAgentStore",
          "InMemoryMessageStore",
          "InMemoryRecordStore",
          "InMemoryTurnStore",
          "RedisAgentStore",
          "RedisMessageStore",
          "RedisTurnStore",
          "copySessions",
          "createAgentStore",
          "createMessageStore",
          "createPrefixKeySchema",
          "createTurnStore",
          "defaultSerializer",
          "eraseSession",
          "exportSession",
          "fromStateText",
          "importSession",
          "interruptedNumber",
          "isAgentStoreError",
          "isExpectationMet",
          "isResumable",
          "pruneSessions",
          "toStateText",
          "verifyErased",
        ],
      }
    `);
  });

  it('are one package: what one of them throws is of the class that another exports', async () => {
    const isShared = await consumers.none.evaluate(`
      import { AgentStoreError } from '${name}';
      import { InMemoryAgentStore } from '${name}/stores/memory';
      const failure = await new InMemoryAgentStore({ agentId: 'a' }).load('').catch((error) => error);
      console.log(failure instanceof AgentStoreError);`);
    expect(isShared).toBe(true);
  });

  it.each(combinations)('need no client in their types, with %o', async ({ compiler, resolution }) => {
    const entries = entryPoints.filter((entry) => !entry.endsWith('/superjson'));
    const text = entries.map((entry, index) => `export * as e${index} from '${entry}';`).join('\n');
    await consumers.none.write('all.ts', text);
    expect(await consumers.none.typeCheck(compiler, resolution, ['all.ts'])).toBe('');
  });

  it.each(entryPoints)('load no client: %s', async (entry) => {
    const modules = await consumers.both.listModules(`import '${entry}';`);
    expect(modules).toContainEqual(expect.stringContaining(`/node_modules/${name}/dist/`));
    expect(modules.filter((module) => /node_modules\/(@aws-sdk|@smithy|ioredis)\//.test(module))).toEqual([]);
    const isTraced = modules.some((module) => module.includes('/node_modules/@opentelemetry/'));
    expect(isTraced).toBe(entry.endsWith('/tracing'));
  });

  it('would be seen to load one', async () => {
    const modules = await consumers.both.listModules(`import '@aws-sdk/client-dynamodb'; import 'ioredis';`);
    expect(modules).toContainEqual(expect.stringContaining('/node_modules/@aws-sdk/client-dynamodb/'));
    expect(modules).toContainEqual(expect.stringContaining('/node_modules/ioredis/'));
  });
});

describe('Jest', () => {
  it.each([
    ['esm', 'module', ['--experimental-vm-modules']],
    ['cjs', 'commonjs', []],
  ] as const)('runs the contract, and tests with a store, in its mode for %s', async (mode, type, flags) => {
    const configs = await readJestConfigs();
    await consumers.jest.write(`${mode}/package.json`, JSON.stringify({ type }));
    await consumers.jest.write(`${mode}/jest.config.js`, configs[mode]);
    await consumers.jest.write(`${mode}/store.test.js`, jestTests[mode]);
    const passed = agentStoreContract(createMemoryBackend).length + ownTests;
    const said = await consumers.jest.runJest(mode, flags);
    expect(said).toMatch(new RegExp(`^Tests: +${passed} passed, ${passed} total$`, 'm'));
  });
});

describe('the stores', () => {
  it.each(['none', 'sdk', 'redis', 'both'] as const)(
    'keep states in memory with clients: %s',
    async (clients) => {
      expect(await consumers[clients].evaluate(useMemory)).toBe(1);
    },
  );

  it.each(['none', 'redis'] as const)(
    'say what to install for DynamoDB with clients: %s',
    async (clients) => {
      const message = expect.stringContaining('"@aws-sdk/client-dynamodb"');
      expect(await consumers[clients].evaluate(useDynamoDB)).toEqual({ code: 'CONFIGURATION', message });
    },
  );

  it.each(['sdk', 'both'] as const)('keep states in DynamoDB with clients: %s', async (clients) => {
    expect(await consumers[clients].evaluate(useDynamoDB, await useTable())).toEqual({ turnCount: 1 });
  });
});

describe('the command line', () => {
  it.each(['none', 'sdk', 'redis', 'both'] as const)('runs with clients: %s', async (clients) => {
    const consumer = consumers[clients];
    expect(await consumer.runBin('looopy-aws', ['--version'])).toEqual({
      code: 0,
      said: `${packageJson.version}\n`,
    });
    expect((await consumer.runBin('looopy-aws', ['doctor', 'memory:'])).code).toBe(0);
  });

  it.each([
    ['none', 'dynamodb://us-east-1/agent-state?agentId=a', '@aws-sdk/client-dynamodb'],
    ['redis', 'dynamodb://us-east-1/agent-state?agentId=a', '@aws-sdk/client-dynamodb'],
    ['none', 'redis://127.0.0.1:1?agentId=a', 'ioredis'],
    ['sdk', 'redis://127.0.0.1:1?agentId=a', 'ioredis'],
  ] as const)('says what to install, with clients: %s, for %s', async (clients, url, client) => {
    const { code, said } = await consumers[clients].runBin('looopy-aws', ['sessions', 'list', url]);
    expect(code).toBe(2);
    expect(said).toBe(
      `looopy-aws: The package "${client}" could not be loaded. Install it: npm install ${client}\n`,
    );
  });

  it('reads a table without ioredis, and a Redis without the SDK', async () => {
    const { AGENT_STATE_TABLE: tableName, ...env } = await useTable();
    const table = `dynamodb://us-east-1/${tableName}?agentId=a`;
    const redis = await RedisServer.start();
    closing.push(() => redis.stop());
    const none = { code: 0, said: 'The agent "a" has no sessions.\n' };
    expect(await consumers.sdk.runBin('looopy-aws', ['sessions', 'list', table], env)).toEqual(none);
    const url = `${redis.url}?agentId=a`;
    expect(await consumers.redis.runBin('looopy-aws', ['sessions', 'list', url])).toEqual(none);
  });
});

describe('what users write', () => {
  it.each(combinations)('is right in types, with %o', async ({ compiler, resolution }) => {
    const sources = { ...pasted, assignability, ...(await readmeSnippets()) };
    for (const [file, text] of Object.entries(sources)) await consumers.both.write(`${file}.ts`, text);
    const files = Object.keys(sources).map((file) => `${file}.ts`);
    expect(await consumers.both.typeCheck(compiler, resolution, files)).toBe('');
  });

  it('is right in types, in the documentation', async () => {
    const sources = await docsSnippets();
    for (const [file, text] of Object.entries(sources)) await consumers.both.write(`docs/${file}.ts`, text);
    const files = Object.keys(sources).map((file) => `docs/${file}.ts`);
    expect(files).not.toEqual([]);
    // The types of other packages are theirs to check.
    const options = { skipLibCheck: true };
    expect(await consumers.both.typeCheck('typescript', 'nodenext', files, options)).toBe('');
  });

  it('is right in types, in the API reference', async () => {
    const sources = apiExamples();
    for (const [file, text] of Object.entries(sources)) await consumers.both.write(`api/${file}.ts`, text);
    const files = Object.keys(sources).map((file) => `api/${file}.ts`);
    expect(files).not.toEqual([]);
    const options = { skipLibCheck: true };
    expect(await consumers.both.typeCheck('typescript', 'nodenext', files, options)).toBe('');
  });

  it('is found wrong where it is', async () => {
    await consumers.both.write('wrong.ts', pasted.store.replace('agentId:', 'agent:'));
    expect(await consumers.both.typeCheck('typescript', 'bundler', ['wrong.ts'])).toContain('TS2561');
  });

  it.each(Object.entries({ storeProgram, serverProgram }))('works: %s', async (file, text) => {
    await consumers.both.write(`${file}.ts`, text);
    expect(await consumers.both.build([`${file}.ts`])).toBe('');
    expect(await consumers.both.evaluate(`import './${file}.js';`, await useTable())).toEqual({
      events: ['task-created', 'content-delta', 'task-complete'],
      status: 'idle',
      turnCount: 1,
    });
  });

  it('is run by these tests, where it is in the README', async () => {
    const snippets = Object.values(await readmeSnippets());
    const claimed = readmePrograms.map(({ says }) => snippets.filter((snippet) => snippet.includes(says)));
    expect(claimed.flat().sort()).toEqual(snippets.sort());
  });

  it.each(readmePrograms)('works, in the README: $what', async (program) => {
    const redis = await RedisServer.start();
    closing.push(() => redis.stop());
    const env = { ...(await useDocumentedTables()), [redisUrlVariable]: redis.url };
    expect(await runSnippet(await readmeSnippets(), program, env)).toEqual(program.prints);
  });

  it.each(docsPrograms)('works, in the documentation: $what', async (program) => {
    const env = await useDocumentedTables();
    expect(await runSnippet(await docsSnippets(), program, env)).toEqual(program.prints);
  });
});

/** The tables that the snippets name, each with the key that the page gives it. */
async function useDocumentedTables() {
  const { AGENT_STATE_TABLE: _, ...env } = await useTable();
  const client = createClient(env.AWS_ENDPOINT_URL_DYNAMODB);
  await createAgentStateTable(client, { tableName: 'agent-state' });
  await createAgentStateTable(client, {
    tableName: 'app-data',
    partitionKeyName: 'PK',
    sortKeyName: 'SK',
  });
  client.destroy();
  return env;
}

async function runSnippet(
  snippets: Readonly<Record<string, string>>,
  { says, complete }: DocumentedProgram,
  env: Readonly<Record<string, string>>,
): Promise<unknown> {
  const [found = ['', ''], ...others] = Object.entries(snippets).filter(([, text]) => text.includes(says));
  expect([found[0], others]).toEqual([expect.stringMatching(/./), []]);
  const file = `run-${found[0]}`;
  await consumers.both.write(`${file}.ts`, complete(found[1]));
  expect(await consumers.both.build([`${file}.ts`], { skipLibCheck: true })).toBe('');
  return consumers.both.evaluate(`import './${file}.js';`, env);
}
