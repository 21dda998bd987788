import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';

/** What users of the package paste. */
export const pasted = {
  store: `import { Agent } from '@looopy-ai/core';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoDBAgentStore } from '@looopy-ai/aws/ts/stores';

const documentClient = DynamoDBDocumentClient.from(
  new DynamoDBClient({ region: process.env.AWS_REGION }),
);

const agentStore = new DynamoDBAgentStore({
  tableName: process.env.AGENT_STATE_TABLE!,
  agentId: 'agentcore-runtime',
  documentClient,
});

const agent = new Agent({
  agentId: 'agentcore-runtime',
  contextId: 'ctx-1234',
  agentStore,
  // supply llmProvider, toolProviders, and messageStore
});
`,
  server: `import { serve } from '@looopy-ai/aws';
import { Agent } from '@looopy-ai/core';
import { DynamoDBAgentStore } from '@looopy-ai/aws/ts/stores';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

const documentClient = DynamoDBDocumentClient.from(new DynamoDBClient({ region: process.env.AWS_REGION }));
const agentStore = new DynamoDBAgentStore({
  tableName: process.env.AGENT_STATE_TABLE!,
  agentId: 'agentcore-runtime',
  documentClient,
});

serve({
  agent: async (contextId) =>
    new Agent({
      agentId: 'agentcore-runtime',
      contextId,
      agentStore,
      // other dependencies here
    }),
});
`,
} as const;

/** The first snippet, and a turn of its agent. */
export const storeProgram = `${pasted.store}
const events: string[] = [];
(await agent.startTurn('hello')).subscribe((event) => events.push(event.kind));
const state = await agentStore.peek('ctx-1234');
console.log(JSON.stringify({ events, status: state?.status, turnCount: state?.turnCount }));
`;

/** The second snippet, and a request to its server. */
export const serverProgram = `${pasted.server.replace('serve({', 'const server = await serve({\n  port: 0,\n  logger: { info() {}, warn() {}, error() {} },')}
const url = \`http://127.0.0.1:\${server.port}/invocations\`;
const headers = { 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id': 'ctx-1234' };
const turn = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ prompt: 'hello' }) });
const events = [...(await turn.text()).matchAll(/^event: (.*)$/gm)].map(([, kind]) => kind);
const { status, turnCount } = (await (await fetch(url, { headers })).json()) as Record<string, unknown>;
await server.close();
console.log(JSON.stringify({ events, status, turnCount }));
`;

/** Values of either package where the other's are wanted. */
export const assignability = `import type * as aws from '@looopy-ai/aws';
import type * as core from '@looopy-ai/core';
import { DynamoDBAgentStore, InMemoryAgentStore } from '@looopy-ai/aws/stores';

declare const ours: { state: aws.AgentState; store: aws.AgentStore };
declare const theirs: { state: core.AgentState; store: core.AgentStore; agent: core.Agent };

export const states: [aws.AgentState, core.AgentState] = [theirs.state, ours.state];
export const stores: core.AgentStore[] = [
  ours.store,
  new InMemoryAgentStore({ agentId: 'a' }),
  new DynamoDBAgentStore({ agentId: 'a', tableName: 't' }),
];
export const agent: aws.Agent = theirs.agent;
export const config: aws.ServeConfig = { agent: async () => theirs.agent, agentStore: theirs.store };
`;

/** The TypeScript in the README, each block by its place in it. */
export function readmeSnippets(): Promise<Record<string, string>> {
  return readSnippets('README.md');
}

/** The same of every page of the documentation. */
export async function docsSnippets(): Promise<Record<string, string>> {
  const pages = (await readdir('docs')).filter((name) => name.endsWith('.md'));
  const snippets = await Promise.all(pages.map((name) => readSnippets(join('docs', name))));
  return Object.assign({}, ...snippets);
}

async function readSnippets(path: string): Promise<Record<string, string>> {
  const text = await readFile(path, 'utf8');
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)];
  const page = parse(path).name.toLowerCase();
  return Object.fromEntries(blocks.map(([, code = ''], index) => [`${page}-${index + 1}`, code]));
}
