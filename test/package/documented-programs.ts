/** A snippet of a page, and what makes a program of it that prints JSON. */
export interface DocumentedProgram {
  readonly what: string;
  /** What nothing but that snippet of its page says. */
  readonly says: string;
  complete(snippet: string): string;
  /** What the program prints. */
  readonly prints: unknown;
}

/** What takes the place of the Redis that a snippet names. */
export const redisUrlVariable = 'TEST_REDIS_URL';

const state = `{ status: 'idle', turnCount: 1, createdAt: new Date(), lastActivity: new Date() } as const`;

/** A server on a port of its own, asked for a turn. */
const serving: Pick<DocumentedProgram, 'complete' | 'prints'> = {
  complete: (snippet) => `${snippet.replace(
    'await serve({',
    'const server = await serve({\n  port: 0,\n  logger: { info() {}, warn() {}, error() {} },',
  )}
const url = \`http://127.0.0.1:\${server.port}\`;
const headers = { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': crypto.randomUUID() };
const ping = async () => (await fetch(\`\${url}/ping\`)).status;
let status = await ping();
for (; status === 503; status = await ping()) await new Promise((resolve) => setTimeout(resolve, 20));
const turn = await fetch(\`\${url}/invocations\`, { method: 'POST', headers, body: '{"prompt":"hello"}' });
const answer = await turn.text();
const { turnCount } = (await (await fetch(\`\${url}/invocations\`, { headers })).json()) as { turnCount: number };
await server.close();
console.log(JSON.stringify({ ping: status, ended: answer.includes('event: task-complete'), turnCount }));
`,
  prints: { ping: 200, ended: true, turnCount: 1 },
};

/** A store that keeps a state. */
const keeping: Pick<DocumentedProgram, 'complete' | 'prints'> = {
  complete: (snippet) => `${snippet}
const contextId = crypto.randomUUID();
await agentStore.save(contextId, ${state});
console.log(JSON.stringify((await agentStore.load(contextId))?.turnCount));
await agentStore.close();
`,
  prints: 1,
};

/** Every snippet of the README. */
export const readmePrograms: readonly DocumentedProgram[] = [
  {
    what: 'keeping sessions in DynamoDB',
    says: 'await serve({',
    // Its agent asks.
    complete: (snippet) =>
      serving.complete(snippet).replace('event: task-complete', 'event: tool-input-required'),
    prints: serving.prints,
  },
  { what: 'an existing table', says: `tableName: 'app-data'`, ...keeping },
  {
    what: 'what to do at a CONFLICT',
    says: 'saveOrReload',
    complete: (snippet) => `${snippet}
import { InMemoryAgentStore, InMemoryRecordStore } from '@looopy-ai/aws/stores/memory';
const records = new InMemoryRecordStore();
const ours = new InMemoryAgentStore({ agentId: 'a', records });
const theirs = new InMemoryAgentStore({ agentId: 'a', records });
const first = await saveOrReload(ours, 's', ${state});
await theirs.load('s');
await theirs.save('s', { ...${state}, turnCount: 5 });
const second = await saveOrReload(ours, 's', ${state});
console.log(JSON.stringify([first?.turnCount, second?.turnCount]));
`,
    prints: [1, 5],
  },
  {
    what: 'a change beside an agent',
    says: 'setTier',
    complete: (snippet) => `${snippet}
import { InMemoryAgentStore } from '@looopy-ai/aws/stores/memory';
const agentStore = new InMemoryAgentStore({ agentId: 'a' });
const before = await setTier(agentStore, 's', 'gold');
const agent = agentStore.holder();
await agent.save('s', ${state});
await Promise.all(['silver', 'gold'].map((tier) => setTier(agentStore, 's', tier)));
const late = await agent.save('s', ${state}).catch((error: { code: string }) => error.code);
console.log(JSON.stringify([before, late, (await agentStore.load('s'))?.metadata]));
`,
    prints: [null, 'CONFLICT', { tier: 'gold' }],
  },
  {
    what: 'keeping sessions in Redis',
    says: 'RedisAgentStore',
    complete: (snippet) =>
      keeping.complete(snippet.replace(`'redis://localhost:6379'`, `process.env.${redisUrlVariable} ?? ''`)),
    prints: keeping.prints,
  },
  {
    what: 'a test with the store swapped',
    says: 'createApp',
    complete: (snippet) =>
      `${snippet.replace(/console\.log\((.*), (.*)\);/, 'const [answer, left] = [$1, $2];')}
console.log(JSON.stringify({ ended: answer.includes('event: task-complete'), turnCount: left?.turnCount }));
`,
    prints: { ended: true, turnCount: 1 },
  },
];

const storeActions = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'];

/** Those of the documentation that need nothing but a table. */
export const docsPrograms: readonly DocumentedProgram[] = [
  {
    what: 'making the table',
    says: 'await createAgentStateTable(new DynamoDBClient',
    complete: (snippet) => `${snippet}
import { checkAgentStateTable } from '@looopy-ai/aws/stores/dynamodb';
console.log(JSON.stringify((await checkAgentStateTable(new DynamoDBClient({}), { tableName: 'agent-state' })) ?? 'there'));
`,
    prints: 'there',
  },
  {
    what: 'the table in AWS CDK',
    says: 'class AgentStateStack',
    complete: (snippet) => `${snippet}
import { App } from 'aws-cdk-lib';
const app = new App();
new AgentStateStack(app, 'State');
const { Resources } = app.synth().getStackByName('State').template;
const [table] = Object.values<Record<string, unknown>>(Resources);
console.log(JSON.stringify(table));
`,
    prints: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'agent-state',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
      UpdateReplacePolicy: 'Retain',
      DeletionPolicy: 'Retain',
    },
  },
  {
    what: 'the agents in AWS CDK',
    says: 'class SupportAgentStack',
    complete: (snippet) => `${snippet}
import { mkdirSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
for (const folder of ['dist/agentcore-esm', 'dist/lambda-esm']) mkdirSync(folder, { recursive: true });
const app = new App();
new SupportAgentStack(app, 'Agents');
const { Resources } = app.synth().getStackByName('Agents').template;
const found = (type: string) => Object.values<{ Type: string; Properties: Record<string, unknown> }>(Resources)
  .filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
const [runtime] = found('AWS::BedrockAgentCore::Runtime');
const { CodeConfiguration: code } = Object(runtime?.AgentRuntimeArtifact);
const [url] = found('AWS::Lambda::Url');
const allowed = JSON.stringify(found('AWS::IAM::Policy')).match(/dynamodb:\\w+/g);
console.log(JSON.stringify({ runtime: code.Runtime, entry: code.EntryPoint, mode: url?.InvokeMode, allowed }));
`,
    prints: {
      runtime: 'NODE_22',
      entry: ['main.js'],
      mode: 'RESPONSE_STREAM',
      allowed: [...storeActions, ...storeActions],
    },
  },
  { what: 'the agent for production', says: 'ready: () => checkAgentStateTable', ...serving },
  {
    what: 'a server with a store in memory',
    says: `import { serve } from '@looopy-ai/aws';\nimport { InMemory`,
    ...serving,
  },
  { what: 'a serializer around the default one', says: 'brotliCompressSync', ...keeping },
  { what: 'a store in memory', says: `stores/memory';\n\nconst agentStore = new`, ...keeping },
  {
    what: 'two stores over the same records',
    says: 'const afterRestart',
    complete: (snippet) => `${snippet}
await before.save('s', ${state});
console.log(JSON.stringify((await afterRestart.load('s'))?.turnCount));
`,
    prints: 1,
  },
  {
    what: 'a backend that passes the contract',
    says: 'function createBackend(): ContractBackend {',
    complete: (snippet) => `${snippet}
import { agentStoreContract } from '@looopy-ai/aws/testing';
const cases = agentStoreContract(createBackend);
const failed: unknown[] = [];
for (const { name, run } of cases) await run().catch((error: unknown) => failed.push([name, String(error)]));
console.log(JSON.stringify({ some: cases.length > 50, failed }));
`,
    prints: { some: true, failed: [] },
  },
  {
    what: 'a table on this machine',
    says: 'client.destroy();',
    complete: (snippet) => `${snippet}
import { checkAgentStateTable } from '@looopy-ai/aws/stores/dynamodb';
console.log(JSON.stringify((await checkAgentStateTable(new DynamoDBClient({}), { tableName: 'agent-state' })) ?? 'there'));
`,
    prints: 'there',
  },
  {
    what: 'deleting the sessions of a user',
    says: 'forgetSessions',
    complete: (snippet) => `${snippet}
import { InMemoryAgentStore } from '@looopy-ai/aws/stores/memory';
const store = new InMemoryAgentStore({ agentId: 'a' });
for (const id of ['one', 'two', 'three']) await store.save(id, ${state});
await forgetSessions(store, ['one', 'two', 'two']);
const left = await Promise.all(['one', 'two', 'three'].map((id) => store.peek(id)));
console.log(JSON.stringify(left.map((found) => found !== null)));
`,
    prints: [false, false, true],
  },
  {
    what: 'reading events in a browser',
    says: 'readEvents',
    complete: (snippet) => `${snippet}
import { createApp } from '@looopy-ai/aws/hono';
import { InMemoryAgentStore } from '@looopy-ai/aws/stores/memory';
import { Agent } from '@looopy-ai/core';
const agentStore = new InMemoryAgentStore({ agentId: 'a' });
const app = createApp({ agentStore, agent: async (contextId) => new Agent({ agentId: 'a', contextId, agentStore }) });
const events: TurnEvent[] = [];
const response = await app.request('/invocations', { method: 'POST', body: '{"prompt":"hello"}' });
for await (const event of readEvents(response)) events.push(event);
console.log(JSON.stringify(events.map(({ kind, data }) => [kind, Object(data).content])));
`,
    prints: [
      ['task-created', null],
      ['content-delta', null],
      ['task-complete', 'hello'],
    ],
  },
  {
    what: 'a server for pages of another origin',
    says: 'Access-Control-Expose-Headers',
    complete: (
      snippet,
    ) => `${snippet.replace('await serve({', 'const server = await serve({\n  port: 0,\n  logger: { info() {}, warn() {}, error() {} },')}
const url = \`http://127.0.0.1:\${server.port}/invocations\`;
const preflight = await fetch(url, { method: 'OPTIONS' });
const turn = await fetch(url, { method: 'POST', body: '{"prompt":"hello"}' });
const ended = (await turn.text()).includes('task-complete');
await server.close();
console.log(JSON.stringify({
  preflight: [preflight.status, preflight.headers.get('Access-Control-Allow-Headers')?.includes(sessionHeader)],
  turn: [turn.status, turn.headers.get('Access-Control-Allow-Origin'), ended],
}));
`,
    prints: { preflight: [204, true], turn: [200, 'https://app.example', true] },
  },
];
