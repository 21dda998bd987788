import type { Redis } from 'ioredis';
import { describeFailure } from '../failures.js';
import type { CliIo } from '../io.js';
import { connectRedis } from '../stores/open-redis.js';
import type { RedisUrl } from '../stores/store-url.js';
import { examineCommands } from './examine-commands.js';
import { type Finding, ok, problem, skipped } from './finding.js';
import { judgeClock } from './judge-clock.js';
import { judgeSettings, parseInfo } from './judge-redis.js';

/** Looks at the server, or at every primary of a Cluster, from the connection to each command. It writes nothing. */
export async function examineRedis(url: RedisUrl, env: CliIo['env']): Promise<Finding[]> {
  let client: Awaited<ReturnType<typeof connectRedis>>;
  try {
    client = await connectRedis(url, env);
  } catch (error) {
    return [problem('endpoint', describeFailure(error))];
  }
  try {
    const nodes = 'nodes' in client ? client.nodes('master') : [client];
    const findings = [ok('endpoint', `${url.server.host} answers, and takes the credentials.`)];
    findings.push(...(await examineCommands(client, url)));
    for (const node of nodes) findings.push(...(await examineServer(node, url)));
    return findings;
  } finally {
    client.disconnect();
  }
}

async function examineServer(node: Redis, { isCluster }: RedisUrl): Promise<Finding[]> {
  const info = await ask(node.info());
  const saves = await ask(node.config('GET', 'save'));
  const time = await ask(node.time());
  const settings =
    typeof info === 'string'
      ? judgeSettings(parseInfo(info), toSave(saves), isCluster)
      : [skipped('settings', 'They cannot be seen. Allow INFO to the user to have them looked at.')];
  const clock = judgeClock(Array.isArray(time) ? Number(time[0]) * 1_000 : undefined, Date.now());
  return [...settings, clock];
}

/** The answer, or `undefined` if the server does not give it to this user. */
async function ask(request: Promise<unknown>): Promise<unknown> {
  return request.catch(() => undefined);
}

/** When snapshots are made, as `CONFIG GET save` answers it. */
function toSave(answer: unknown): string | undefined {
  return Array.isArray(answer) ? String(answer[1]) : undefined;
}
