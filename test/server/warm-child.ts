/**
 * Warms a server up, clones its process, and says what each copy does then: see warm-up.linux.test.ts. It is bundled, and so needs no
 * thread that loads modules, which a clone does not have.
 */
import { writeSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Redis } from 'ioredis';
import { DynamoDBAgentStore } from '../../src/adapters/dynamodb/index.js';
import { RedisAgentStore } from '../../src/adapters/redis/index.js';
import type { AgentEvent } from '../../src/domain/agent.js';
import { createApp } from '../../src/hono.js';
import { createAgent } from '../../src/index.js';

/** What a copy says of itself. */
export interface CopyReport {
  readonly ping: { readonly status: string; readonly time_of_last_update: number };
  readonly now: number;
  readonly connections: number;
  /** For each store, what the turn of a new session has sent. */
  readonly turns: readonly (readonly AgentEvent[])[];
  readonly sessionIds: readonly (string | null)[];
  readonly random: number;
}

const {
  REDIS_URL = '',
  AWS_ENDPOINT_URL_DYNAMODB: endpoint = '',
  TABLE: tableName = '',
  CLOSES,
  RESETS,
} = process.env;

async function main(): Promise<void> {
  const agentId = 'a';
  const requestHandler = { connectionTimeout: 1_000, requestTimeout: 1_000, throwOnRequestTimeout: true };
  const documentClient = new DynamoDBClient({ endpoint, requestHandler });
  const redis = new Redis(REDIS_URL, { lazyConnect: true, commandTimeout: 5_000, socketTimeout: 1_000 });
  redis.on('error', () => {});
  const stores = [
    new DynamoDBAgentStore({ tableName, agentId, documentClient }),
    new RedisAgentStore({ agentId, client: redis }),
  ];
  const apps = stores.map((agentStore) =>
    createApp({
      agentStore,
      agent: (contextId, context) =>
        createAgent({
          ...{ agentId, contextId, agentStore: context.agentStore },
          async *turn({ message, ask }) {
            if (message === 'ask') await ask({ prompt: 'What?' });
            yield 'Hello.';
          },
        }),
      warmup: async () => {
        if (CLOSES === undefined) return agentStore.load('warm-up');
        // The client of the real store connects with its first command, and that is later.
        const other = new RedisAgentStore({ agentId, url: REDIS_URL });
        await Promise.all([other.load('warm-up'), stores[0]?.load('warm-up')]);
        await other.close();
        documentClient.destroy();
        return undefined;
      },
    }),
  );
  const post = (app: (typeof apps)[0], path: string, body = '') =>
    app.request(path, { method: 'POST', body });
  const ask = '{"prompt":"ask"}';
  // A turn before the snapshot, whose ids no copy may make again.
  for (const app of CLOSES === undefined ? apps : apps.slice(0, 1)) {
    await (await post(app, '/invocations', ask)).text();
  }
  for (const app of apps) {
    const { status } = await post(app, '/warmup');
    if (status !== 200) throw new Error(`The warm-up has failed: ${status}`);
  }
  // The snapshot is not taken at once either.
  const isClosing = () => CLOSES !== undefined && process.getActiveResourcesInfo().includes('TCPSocketWrap');
  while (isClosing()) await new Promise((resolve) => setTimeout(resolve, 1));
  const connections = process.umask(RESETS === undefined ? 0o125 : 0o126);
  const ping: CopyReport['ping'] = JSON.parse((await (await apps[0]?.request('/ping'))?.text()) ?? '');
  const turns: AgentEvent[][] = [];
  const sessionIds: (string | null)[] = [];
  for (const app of apps) {
    const response = await post(app, '/invocations', ask);
    sessionIds.push(response.headers.get('x-amzn-bedrock-agentcore-runtime-session-id'));
    const data = [...(await response.text()).matchAll(/^data: (.*)$/gm)];
    turns.push(data.map(([, json = '']) => JSON.parse(json)));
  }
  const report: CopyReport = { ping, now: Date.now(), connections, turns, sessionIds, random: Math.random() };
  writeSync(1, `${JSON.stringify(report)}\n`);
  process.umask(0o124);
  process.exit(0);
}

main().catch((error) => {
  writeSync(2, String(error));
  process.exit(1);
});
