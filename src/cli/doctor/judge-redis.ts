import { type Finding, ok, problem, skipped, warning } from './finding.js';

/** What `INFO` answers, by name. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );
}

/**
 * The settings of Redis that lose data.
 *
 * @param save - When it makes snapshots; empty if it makes none, absent if that is not known.
 */
export function judgeSettings(
  info: ReadonlyMap<string, string>,
  save: string | undefined,
  isCluster: boolean,
): Finding[] {
  return [
    ok('server', `It is Redis ${info.get('redis_version') ?? 'of an unknown version'}.`),
    judgeRole(info),
    judgeMode(info.get('cluster_enabled') === '1', isCluster),
    judgeEviction(info.get('maxmemory_policy')),
    judgePersistence(info.get('aof_enabled') === '1', save),
    judgeDisk(info),
  ];
}

function judgeRole(info: ReadonlyMap<string, string>): Finding {
  if (info.get('role') !== 'slave') return ok('role', 'It is a primary, which takes writes.');
  return problem('role', 'It is a replica, which takes no writes. Name its primary in the URL.');
}

function judgeMode(isNode: boolean, isCluster: boolean): Finding {
  if (isNode === isCluster) return ok('mode', isCluster ? 'It is a Cluster.' : 'It is one server.');
  return isNode
    ? problem(
        'mode',
        'It is a node of a Cluster. Add &cluster=true to the URL, and give stores a Cluster of ioredis.',
      )
    : problem('mode', 'It is no Cluster. Leave cluster=true out of the URL.');
}

function judgeEviction(policy: string | undefined): Finding {
  if (policy === undefined)
    return skipped('eviction', 'The server does not say what it removes if memory is short.');
  if (policy === 'noeviction') return ok('eviction', 'Nothing is removed if memory is short.');
  const advice = 'Set maxmemory-policy to noeviction.';
  const what = policy.startsWith('volatile-') ? 'sessions that expire' : 'any sessions';
  return warning('eviction', `By ${policy}, it removes ${what} if memory is short. ${advice}`);
}

function judgePersistence(isAppended: boolean, save: string | undefined): Finding {
  if (isAppended) return ok('persistence', 'Every write is appended to a file.');
  const advice = 'Set appendonly to yes.';
  if (save === undefined)
    return warning(
      'persistence',
      `Writes are not appended to a file, and whether there are snapshots is not seen. ${advice}`,
    );
  return save === ''
    ? warning(
        'persistence',
        `A restart loses everything: there is neither an append-only file nor a snapshot. ${advice}`,
      )
    : warning('persistence', `A crash loses what came after the last snapshot. ${advice}`);
}

function judgeDisk(info: ReadonlyMap<string, string>): Finding {
  const states = ['rdb_last_bgsave_status', 'aof_last_write_status'].map((name) => info.get(name) ?? 'ok');
  if (states.every((state) => state === 'ok')) return ok('disk', 'The last writes to it have worked.');
  return problem(
    'disk',
    'It could not be written to, and Redis may refuse all changes. Look at its log and its disk.',
  );
}
