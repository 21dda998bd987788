import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createClient,
  createTable,
  type DynamoDBEndpoint,
  startDynamoDB,
} from '../backends/dynamodb-endpoint.js';
import { RedisServer } from '../backends/redis-server.js';
import { compileCloning, here } from './clone.js';
import type { CopyReport } from './warm-child.js';

let folder: string;
let dynamodb: DynamoDBEndpoint;
let redis: RedisServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'warm-'));
  compileCloning(join(folder, 'clone.so'));
  await build({
    ...{ entryPoints: [here('warm-child.ts')], outfile: join(folder, 'warm.cjs') },
    ...{ bundle: true, platform: 'node', format: 'cjs', target: 'node20', logLevel: 'error' },
  });
  dynamodb = await startDynamoDB();
  redis = await RedisServer.start();
});

afterAll(async () => {
  await redis.stop();
  await dynamodb.close();
  rmSync(folder, { recursive: true });
});

async function runCopies(env: Record<string, string>): Promise<CopyReport[]> {
  const client = createClient(dynamodb.url);
  const TABLE = await createTable(client);
  client.destroy();
  const output = await new Promise<string>((resolve) => {
    const variables = {
      PATH: process.env.PATH,
      LD_PRELOAD: join(folder, 'clone.so'),
      REDIS_URL: redis.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
    // One thread only: a clone has no other.
    execFile(
      process.execPath,
      ['--single-threaded', join(folder, 'warm.cjs')],
      { env: { ...variables, TABLE, ...env }, timeout: 60_000 },
      (_, stdout, stderr) => resolve(stdout + stderr),
    );
  });
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const isQuestion = (event: object) => 'inputId' in event;

describe('the copies of a process that was cloned after its warm-up', () => {
  it.each<[string, Record<string, string>, number]>([
    ['were closed by the warm-up', { CLOSES: 'true' }, 0],
    ['were reset', { RESETS: 'true' }, 2],
    ['died without a word', {}, 2],
  ])('serve, each with ids and a time of its own, if the connections %s', async (_, env, connections) => {
    const before = Math.floor(Date.now() / 1_000);
    const copies = await runCopies(env);
    expect(copies.map((copy) => copy.connections)).toEqual([connections, connections]);
    for (const { turns, ping, now } of copies) {
      for (const turn of turns) expect(turn.find(isQuestion)).toMatchObject({ prompt: 'What?' });
      expect(ping.time_of_last_update).toBeGreaterThanOrEqual(before);
      expect(ping.time_of_last_update).toBeLessThanOrEqual(Math.ceil(now / 1_000));
    }
    // Were these different, nothing would have been cloned.
    expect(new Set(copies.map(({ random }) => random)).size).toBe(1);
    const ids = copies.flatMap(({ turns, sessionIds }) => [
      ...sessionIds,
      ...turns.flatMap((turn) => {
        const { inputId, toolCallId, taskId } = Object(turn.find(isQuestion));
        return [inputId, toolCallId, taskId];
      }),
    ]);
    expect(ids.filter((id) => typeof id !== 'string')).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(16);
  });
});
