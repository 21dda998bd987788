import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisAgentStore } from '../../src/adapters/redis/redis-agent-store.js';
import { RedisMessageStore } from '../../src/adapters/redis/redis-message-store.js';
import { judgeClock } from '../../src/cli/doctor/judge-clock.js';
import { judgeSettings, parseInfo } from '../../src/cli/doctor/judge-redis.js';
import { connectRedis } from '../../src/cli/stores/open-redis.js';
import { parseStoreUrl } from '../../src/cli/stores/store-url.js';
import { RedisCluster } from '../backends/redis-cluster.js';
import { RedisServer } from '../backends/redis-server.js';
import { cli, cliJson } from './harness.js';
import { putSession } from './sessions.js';

const password = 's%ecret';
let server: RedisServer;
let admin: Redis;

beforeAll(async () => {
  server = await RedisServer.start('--requirepass', password);
  admin = new Redis(server.port, '127.0.0.1', { password, socketTimeout: 60_000 });
});

afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

const at = (userinfo = `:${encodeURIComponent(password)}@`, path = '/0', query = '') =>
  `redis://${userinfo}127.0.0.1:${server.port}${path}?agentId=support${query}`;

async function examine(url: string, env = {}) {
  const { code, err, document } = await cliJson(['doctor', url], { env });
  const findings: Record<string, string> = {};
  for (const { check, result, says } of document.findings) findings[check] = `${result}: ${says}`;
  return { code, err, findings };
}

describe('the sessions of a Redis', () => {
  it('leave no connection behind if they cannot be copied, since the target is not there', async () => {
    const connections = async () =>
      String(await admin.client('LIST'))
        .trim()
        .split('\n').length;
    const before = await connections();
    const argv = ['sessions', 'copy', '--from', at(), '--to', 'redis://127.0.0.1:1?agentId=support'];
    expect(await cli(argv)).toMatchObject({ code: 1, err: expect.stringContaining('Nothing listens there') });
    await vi.waitFor(async () => expect(await connections()).toBe(before));
  });

  it('are read with the password of the URL, or of the environment, and the prefix of its clients', async () => {
    const client = new Redis(server.port, '127.0.0.1', {
      password,
      db: 3,
      keyPrefix: 'app:',
      socketTimeout: 60_000,
    });
    const options = { agentId: 'support', client };
    await putSession(
      { agentStore: new RedisAgentStore(options), messageStore: new RedisMessageStore(options) },
      's',
    );
    client.disconnect();
    const query = '&keyPrefix=app%3A';
    expect((await cliJson(['sessions', 'list', at(undefined, '/3', query)])).document.sessions).toMatchObject(
      [{ contextId: 's', status: 'idle' }],
    );
    const env = { REDISCLI_AUTH: password };
    const { document } = await cliJson(['sessions', 'show', at('default@', '/3', query), 's'], { env });
    expect(document).toMatchObject({ contextId: 's', messages: 4 });
    const elsewhere = await cliJson(['sessions', 'list', at('', '', query)], { env });
    expect(elsewhere.document.sessions).toEqual([]);
  });

  it.each([
    ['a wrong password', () => at(':wrong@'), 2, 'Redis refused the user name or the password'],
    ['no password', () => at(''), 2, 'Redis refused the user name or the password'],
    ['nothing that listens', () => 'redis://:secret@127.0.0.1:1?agentId=a', 1, 'Nothing listens there'],
    ['a Cluster where none is', () => at(undefined, '', '&cluster=true'), 1, ''],
    ['TLS where there is none', () => at().replace('redis:', 'rediss:'), 1, ''],
  ])('are not there with %s', async (_, url, expected, says) => {
    const { code, out, err } = await cli(['sessions', 'list', url()]);
    expect([code, out]).toEqual([expected, '']);
    expect(err).toMatch(/^looopy-aws: .*\n$/);
    expect(err).toContain(says);
    expect(err).not.toMatch(/s%ecret|s%25ecret|secret/);
  });
});

describe('a connection', () => {
  it('is made again when it is lost', async () => {
    const own = await RedisServer.start();
    const url = parseStoreUrl(`redis://127.0.0.1:${own.port}?agentId=a`);
    if (url.kind !== 'redis') throw new Error('It is no URL of a Redis.');
    const client = await connectRedis(url, {});
    await own.kill();
    await own.start();
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
    await own.stop();
  });
});

describe('the doctor of a Redis', () => {
  it('says what it finds, and writes nothing', async () => {
    const { code, err, findings } = await examine(at());
    expect([code, err]).toEqual([0, '']);
    expect(findings).toMatchObject({
      endpoint: expect.stringMatching(/^ok: 127\.0\.0\.1:\d+ answers, and takes the credentials\.$/),
      GET: 'ok: It is allowed.',
      SET: 'ok: It is allowed.',
      EVALSHA: 'ok: It is allowed.',
      SCAN: 'ok: It is allowed.',
      server: expect.stringMatching(/^ok: It is Redis \d/),
      role: expect.stringMatching(/^ok/),
      mode: 'ok: It is one server.',
      eviction: 'ok: Nothing is removed if memory is short.',
      persistence: expect.stringMatching(/^warning: A restart loses everything/),
      disk: expect.stringMatching(/^ok/),
      clock: 'ok: It agrees with that of the server.',
    });
    expect(await admin.dbsize()).toBe(0);
  });

  it('says of each command that is denied whether it keeps the store from working', async () => {
    await admin.acl(
      'SETUSER',
      'agents',
      'on',
      '>pass',
      '~agent#support:*',
      '+get',
      '+getrange',
      '+exists',
      '+del',
    );
    const { code, findings } = await examine(at('agents:pass@'));
    expect(code).toBe(1);
    expect(findings).toMatchObject({
      GET: 'ok: It is allowed.',
      SET: expect.stringMatching(/^problem: Redis denies it/),
      EVAL: expect.stringMatching(/^problem: Redis denies it/),
      SCAN: expect.stringMatching(/^warning: Redis denies it.*Listing/),
      settings: expect.stringMatching(/^skipped: .*Allow INFO/),
      clock: expect.stringMatching(/^skipped/),
    });
  });

  it('goes on without what only an administrator may see', async () => {
    await admin.acl('SETUSER', 'seer', 'on', '>pass', '~agent#support:*', '+@all', '-config');
    const { code, findings } = await examine(at('seer:pass@'));
    expect(code).toBe(0);
    expect(findings.persistence).toMatch(/^warning: .*whether there are snapshots is not seen/);
  });

  it('finds that nobody answers', async () => {
    const { code, findings } = await examine('redis://127.0.0.1:1?agentId=a');
    expect(code).toBe(1);
    expect(findings).toEqual({ endpoint: expect.stringMatching(/^problem: Nothing listens there/) });
  });

  it('says what a command fails with besides', async () => {
    const replica = await RedisServer.start(
      '--replicaof',
      '127.0.0.1',
      '1',
      '--replica-serve-stale-data',
      'no',
    );
    try {
      const { code, findings } = await examine(`redis://127.0.0.1:${replica.port}`);
      expect(code).toBe(1);
      expect(findings.role).toMatch(/^problem: It is a replica/);
      expect(findings.GET).toMatch(/^problem/);
    } finally {
      await replica.stop();
    }
  });
});

describe('a Cluster', () => {
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
  });

  afterAll(() => cluster.stop());

  it('is read if the URL says that it is one, and examined on every primary', async () => {
    const client = await cluster.connect({ redisOptions: { socketTimeout: 60_000 } });
    const options = { agentId: 'support', client };
    const stores = { agentStore: new RedisAgentStore(options), messageStore: new RedisMessageStore(options) };
    for (const id of ['a', 'b', 'c', 'd']) await putSession(stores, id);
    const [node] = client.nodes('master');
    const url = `redis://127.0.0.1:${node?.options.port}?agentId=support`;
    const { document } = await cliJson(['sessions', 'list', `${url}&cluster=true`]);
    expect(document.sessions).toHaveLength(4);
    const { document: found } = await cliJson(['doctor', `${url}&cluster=true&keyPrefix=x`]);
    const modes = found.findings.filter(({ check }: { check: string }) => check === 'mode');
    expect(modes).toHaveLength(client.nodes('master').length);
    expect(modes[0]).toEqual({ check: 'mode', result: 'ok', says: 'It is a Cluster.' });
    const alone = await examine(url);
    expect(alone.findings.mode).toMatch(/^problem: It is a node of a Cluster\. Add &cluster=true/);
    client.disconnect();
  });
});

describe('the settings of a Redis', () => {
  const judge = (info: string, save?: string, isCluster = false) =>
    Object.fromEntries(
      judgeSettings(parseInfo(`# Server\r\n${info}`), save, isCluster).map(({ check, result, says }) => [
        check,
        `${result}: ${says}`,
      ]),
    );

  it.each([
    ['maxmemory_policy:allkeys-lru', '', 'eviction', /^warning: By allkeys-lru, it removes any sessions/],
    [
      'maxmemory_policy:volatile-ttl',
      '',
      'eviction',
      /^warning: By volatile-ttl, it removes sessions that expire/,
    ],
    ['', '', 'eviction', /^skipped/],
    ['aof_enabled:1', undefined, 'persistence', /^ok/],
    ['aof_enabled:0', undefined, 'persistence', /^warning: Writes are not appended.*is not seen/],
    ['aof_enabled:0', '3600 1', 'persistence', /^warning: A crash loses what came after the last snapshot/],
    ['aof_enabled:0', '', 'persistence', /^warning: A restart loses everything/],
    ['rdb_last_bgsave_status:err', '', 'disk', /^problem: It could not be written to/],
    ['aof_last_write_status:err', '', 'disk', /^problem/],
    ['role:slave', '', 'role', /^problem: It is a replica/],
    ['redis_version:7.0.15', '', 'server', /^ok: It is Redis 7\.0\.15\.$/],
    ['', '', 'server', /unknown version/],
  ])('%s, with snapshots "%s", is judged by %s', (info, save, check, says) => {
    expect(judge(info, save)[check]).toMatch(says);
  });

  it('are those of one server, or of a Cluster', () => {
    expect(judge('cluster_enabled:0', '', true).mode).toMatch(/^problem: It is no Cluster/);
    expect(judge('cluster_enabled:1', '', true).mode).toBe('ok: It is a Cluster.');
  });
});

describe('a clock', () => {
  it.each([
    [1_000, 'ok'],
    [5_001, 'warning'],
    [300_001, 'problem'],
  ])('that is %d ms off is judged as %s, to either side', (apart, result) => {
    expect(judgeClock(1e12 + apart, 1e12).result).toBe(result);
    expect(judgeClock(1e12 - apart, 1e12).result).toBe(result);
  });

  it('that is not known is not judged', () => {
    expect([judgeClock(undefined, 0).result, judgeClock(Number.NaN, 0).result]).toEqual([
      'skipped',
      'skipped',
    ]);
  });
});
