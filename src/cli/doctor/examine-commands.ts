import type { Cluster, Redis } from 'ioredis';
import { toAgentStoreError } from '../../adapters/redis/errors.js';
import { toRedisKey, toRedisPrefix } from '../../adapters/redis/redis-key.js';
import { isError } from '../../domain/values/built-in.js';
import type { RedisUrl } from '../stores/store-url.js';
import { type Finding, ok, problem, warning } from './finding.js';

/** No script has it. */
const unknownScript = '0'.repeat(40);

/** Tries each command on a key that is not there, among those of the agent. None of them changes anything. */
export async function examineCommands(client: Redis | Cluster, url: RedisUrl): Promise<Finding[]> {
  const partition = `${url.prefixes.agentKeyPrefix ?? 'agent#'}${url.agentId}`;
  const key = toRedisKey({ partition, sort: `doctor#${crypto.randomUUID()}` });
  const node = 'nodes' in client ? client.nodes('master')[0] : client;
  const requests: Readonly<Record<string, () => Promise<unknown> | undefined>> = {
    GET: () => client.get(key),
    GETRANGE: () => client.getrange(key, 0, 0),
    EXISTS: () => client.exists(key),
    // Only over a key that is there.
    SET: () => client.set(key, '', 'EX', 1, 'XX'),
    DEL: () => client.del(key),
    EVAL: () => client.eval('return 0', 1, key),
    EVALSHA: () => client.evalsha(unknownScript, 1, key),
    SCAN: () => node?.scan('0', 'MATCH', `${toRedisPrefix(partition)}doctor`, 'COUNT', 1),
  };
  const findings: Finding[] = [];
  for (const [command, send] of Object.entries(requests)) {
    try {
      await send();
      findings.push(ok(command, 'It is allowed.'));
    } catch (error) {
      findings.push(judgeRefusal(command, error));
    }
  }
  return findings;
}

function judgeRefusal(command: string, error: unknown): Finding {
  if (isError(error) && error.message.startsWith('NOSCRIPT')) return ok(command, 'It is allowed.');
  const isDenied = isError(error) && /\bNOPERM\b/.test(error.message);
  const says = isDenied
    ? `Redis denies it. Allow it to the user, on the keys of the agent.`
    : toAgentStoreError(error, '').message;
  if (command !== 'SCAN') return problem(command, says);
  return warning(command, `${says} Listing, erasing and pruning need it; agents do not.`);
}
