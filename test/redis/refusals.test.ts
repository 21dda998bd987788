import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { inspect, promisify } from 'node:util';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RedisAgentStore } from '../../src/adapters/redis/index.js';
import { createState } from '../../src/testing/fixtures.js';
import { RedisServer } from '../backends/redis-server.js';
import { bareClient, connect, openStore, startServer } from './fixtures.js';

const key = 'agent#agent:context#session';
const secret = 'a-word-that-must-stay-in-the-state';
const state = createState(1, { metadata: { secret } });

let server: RedisServer;
let admin: Redis;

beforeAll(async () => {
  server = await RedisServer.start();
  admin = new Redis(server.url);
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

/** The error of a call that must fail, which shows none of what must stay secret. */
async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => new Error('The call succeeded.'),
    (reason: unknown) => reason,
  );
  expect(inspect(error, { depth: 10, maxArrayLength: null })).not.toMatch(new RegExp(`${secret}|sesame`));
  return error;
}

/** Whatever is called fails with a code and advice; what a failed load blocks is asked of an instance of its own. */
async function expectFailures(open: () => RedisAgentStore, code: string, advice: string): Promise<void> {
  const failure = { code, message: expect.stringContaining(advice), cause: expect.any(Error) };
  const store = open();
  for (const contextId of ['session', 'other', 'session']) {
    expect(await failureOf(store.load(contextId))).toMatchObject(failure);
  }
  expect(await failureOf(store.peek('session'))).toMatchObject(failure);
  expect(await failureOf(store.delete('session'))).toMatchObject(failure);
  expect(await failureOf(open().save('session', state))).toMatchObject(failure);
}

describe('a server that wants a password', () => {
  let guarded: RedisServer;
  const advice = 'refused the user name or the password';

  beforeAll(async () => {
    guarded = await RedisServer.start('--requirepass', 'open-up');
  });
  afterAll(() => guarded.stop());

  it.each(['redis://', 'redis://:sesame@', 'redis://user:sesame@'])(
    'is a matter of configuration, and of nobody who reads the log: %s',
    async (start) => {
      const url = guarded.url.replace('redis://', start);
      await expectFailures(() => openStore({ url }), 'CONFIGURATION', advice);
      const client = connect({ url }, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
      await expectFailures(() => openStore({ client }), 'CONFIGURATION', advice);
    },
  );

  it('lets in who knows it', async () => {
    const store = openStore({ url: guarded.url.replace('redis://', 'redis://:open-up@') });
    await store.save('session', state);
    expect(await store.load('session')).toEqual(state);
  });
});

describe('a Cluster that wants a password', () => {
  it('is unavailable in time, since its client keeps to itself what is wrong', async () => {
    const { port } = await startServer('--cluster-enabled', 'yes', '--requirepass', 'open-up');
    const redisOptions = { password: 'sesame', commandTimeout: 300 };
    const client = new Cluster([{ host: '127.0.0.1', port }], { redisOptions });
    client.on('error', () => undefined);
    onTestFinished(() => client.disconnect());
    await expectFailures(() => openStore({ client }), 'UNAVAILABLE', 'credentials');
  });
});

describe('a server that refuses a command', () => {
  it.each(['EVALSHA', 'EVAL', 'GET'])('says which ones it must know, and no more: %s', async (command) => {
    const limited = await startServer('--rename-command', command, '');
    const client = connect(limited);
    const store = openStore({ client });
    const call = command === 'GET' ? store.load('session') : store.save('session', state);
    expect(await failureOf(call)).toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('does not know a command'),
      cause: { message: expect.stringMatching(/^ERR unknown command '\w+'$/) },
    });
  });

  it.each([
    ['-evalsha', 'save'],
    ['-set', 'save'],
    ['-getrange', 'save'],
    ['-get', 'load'],
    ['-del', 'delete'],
    ['resetkeys', 'load'],
  ])('says which ones it must allow: %s', async (rule, operation) => {
    await admin.call('acl', 'setuser', 'user', 'reset', 'on', '>open-up', '+@all', '~*', rule);
    const store = openStore({ client: connect(server, { username: 'user', password: 'open-up' }) });
    if (operation === 'delete') await openStore({ client: admin }).save('session', state);
    const call =
      operation === 'save'
        ? store.save('session', state)
        : Reflect.get(store, operation).call(store, 'session');
    expect(await failureOf(call)).toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('denies a command or the key'),
    });
    expect(await admin.del(key)).toBe(operation === 'delete' ? 1 : 0);
  });

  it('serves a user who may do nothing else', async () => {
    const commands = ['get', 'getrange', 'exists', 'set', 'del', 'eval', 'evalsha', 'hello', 'info'];
    const rules = commands.map((command) => `+${command}`);
    await admin.call('acl', 'setuser', 'user', 'reset', 'on', '>open-up', '~agent#*', ...rules);
    const store = openStore({ url: server.url.replace('redis://', 'redis://user:open-up@') });
    await store.save('session', state);
    expect(await store.load('session')).toEqual(state);
    await store.delete('session');
  });

  it('says that there is no such database, and uses no other one', async () => {
    const store = openStore({ url: `${server.url}/99` });
    expect(await failureOf(store.save('session', state))).toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('no such database'),
    });
    expect(await admin.exists(key)).toBe(0);
  });
});

describe('a server that is out of memory', () => {
  it('says what to do, has written nothing, and is needed no new store once it has some', async () => {
    const store = openStore({ client: admin });
    await store.save('session', createState(1));
    await admin.config('SET', 'maxmemory', '1');
    expect(await failureOf(store.save('session', state))).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/nothing was written.*"maxmemory"/),
    });
    expect((await openStore({ client: admin }).load('session'))?.turnCount).toBe(1);
    await admin.config('SET', 'maxmemory', '0');
    await store.save('session', createState(2));
    await store.delete('session');
  });
});

describe('a server that is a replica', () => {
  it.each(['client', 'url'])(
    'says so, has written nothing, and serves the same store as a primary: %s',
    async (given) => {
      const store = openStore(given === 'client' ? { client: connect(server) } : { url: server.url });
      await store.save('session', createState(1));
      await admin.replicaof('127.0.0.1', 1);
      for (const turn of [2, 3]) {
        expect(await failureOf(store.save('session', createState(turn)))).toMatchObject({
          code: 'UNAVAILABLE',
          message: expect.stringContaining('is a replica, and nothing was written'),
        });
      }
      await expect(store.peek('session')).resolves.toMatchObject({ turnCount: 1 });
      await admin.replicaof('NO', 'ONE');
      await store.save('session', createState(4));
      await store.delete('session');
    },
  );
});

describe('a server that is busy', () => {
  it('is unavailable until it is not', async () => {
    await admin.config('SET', 'lua-time-limit', '1');
    const looping = connect(server).eval('while true do end', 0);
    const store = openStore({ client: admin });
    await vi.waitFor(async () => {
      expect(await failureOf(store.peek('session'))).toMatchObject({
        code: 'UNAVAILABLE',
        cause: { message: expect.stringContaining('BUSY') },
      });
    }, 60_000);
    await admin.script('KILL');
    await expect(looping).rejects.toThrow('script');
    await expect(store.load('session')).resolves.toBe(null);
  });
});

describe('a state too large', () => {
  it('for the server is refused by it, and the connection goes on', async () => {
    const small = await startServer();
    const client = connect(small);
    await client.config('SET', 'proto-max-bulk-len', '1mb');
    for (const store of [
      openStore({ client, compression: 'off' }),
      openStore({ url: small.url, compression: 'off' }),
    ]) {
      const tooLarge = createState(1, { metadata: { secret, text: 'a'.repeat(1_500_000) } });
      expect(await failureOf(store.save('session', tooLarge))).toMatchObject({
        code: 'TOO_LARGE',
        message: expect.stringContaining('"proto-max-bulk-len"'),
      });
      expect(await store.load('session')).toBe(null);
    }
  });

  it('for Redis is refused with both numbers, before anything is sent', async () => {
    const evalshaBuffer = vi.fn(async () => 1);
    const serializer = { serialize: () => new Uint8Array(5_000_000), deserialize: () => state };
    const store = openStore({ client: { ...bareClient, evalshaBuffer }, serializer });
    await expect(store.save('session', state)).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringMatching(/needs 5000000 bytes; the limit "maxStateBytes" is 4194304/),
    });
    expect(evalshaBuffer).not.toHaveBeenCalled();
  });
});

describe("a key of somebody else's", () => {
  it('is never replaced, not even where the last write wins', async () => {
    await admin.rpush(key, 'one');
    const store = openStore({ client: admin, concurrency: 'last-write-wins' });
    const corrupted = {
      code: 'CORRUPTED',
      message: expect.stringContaining(`"${key}"`),
      cause: expect.any(Error),
    };
    expect(await failureOf(store.save('session', state))).toMatchObject(corrupted);
    expect(await failureOf(store.load('session'))).toMatchObject(corrupted);
    expect(await failureOf(openStore({ client: admin }).save('session', state))).toMatchObject({
      code: 'CONFLICT',
      cause: { message: expect.stringContaining('WRONGTYPE') },
    });
    expect(await admin.lrange(key, 0, -1)).toEqual(['one']);
    await store.delete('session');
    expect(await admin.exists(key)).toBe(0);
  });
});

describe('a server that cannot write', () => {
  it('says that its disk is not as it should be', async () => {
    const broken = await startServer();
    const client = connect(broken);
    const [, folder = ''] = (await client.config('GET', 'dir')) as string[];
    await mkdir(join(folder, 'dump.rdb'));
    await client.config('SET', 'save', '3600 1');
    await client.bgsave();
    await vi.waitFor(
      async () => expect(await client.info('persistence')).toMatch(/rdb_last_bgsave_status:err/),
      {
        timeout: 60_000,
      },
    );
    const refusal = { code: 'UNAVAILABLE', message: expect.stringContaining('its disk') };
    expect(await failureOf(openStore({ client }).save('session', state))).toMatchObject(refusal);
  });

  it('says that its replicas are missing', async () => {
    const alone = await startServer('--min-replicas-to-write', '1');
    const refusal = { code: 'UNAVAILABLE', message: expect.stringContaining('"min-replicas-to-write"') };
    const store = openStore({ client: connect(alone) });
    expect(await failureOf(store.save('session', state))).toMatchObject(refusal);
  });

  it('says that it is busy with a script of somebody else', async () => {
    const busy = await startServer('--busy-reply-threshold', '1');
    const [theirs, client, killer] = [connect(busy), connect(busy), connect(busy)];
    await Promise.all([client.ping(), killer.ping()]);
    const script = theirs.eval('while true do end', 0).catch((error: unknown) => String(error));
    const store = openStore({ client });
    const message = expect.stringContaining('SCRIPT KILL');
    await vi.waitFor(
      async () =>
        expect(await failureOf(store.load('session'))).toMatchObject({ code: 'UNAVAILABLE', message }),
      { timeout: 60_000 },
    );
    await killer.script('KILL');
    expect(await script).toContain('killed by user');
    expect(await store.load('session')).toBe(null);
  });

  it('says that a primary is down', async () => {
    const replica = await startServer('--replicaof', '127.0.0.1 1', '--replica-serve-stale-data', 'no');
    const client = connect(replica, { enableReadyCheck: false });
    const refusal = { code: 'UNAVAILABLE', message: expect.stringContaining('primary is down') };
    expect(await failureOf(openStore({ client }).load('session'))).toMatchObject(refusal);
  });
});

describe('a server that cannot be reached', () => {
  it('says whether it is the port or the name', async () => {
    const refused = { code: 'UNAVAILABLE', message: expect.stringContaining('Nothing listens there') };
    expect(await failureOf(openStore({ url: 'redis://127.0.0.1:1' }).load('session'))).toMatchObject(refused);
    const unknown = {
      code: 'UNAVAILABLE',
      message: expect.stringContaining('name of the host is not known'),
    };
    const store = openStore({ url: 'redis://no-such-host.invalid' });
    expect(await failureOf(store.load('session'))).toMatchObject(unknown);
  });

  it('says so of several addresses of one name', async () => {
    const cause = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    const client = { ...bareClient, getBuffer: () => Promise.reject(cause) };
    const refused = {
      code: 'UNAVAILABLE',
      message: expect.stringContaining('Nothing listens there: ECONNREFUSED.'),
    };
    expect(await failureOf(openStore({ client }).load('session'))).toMatchObject(refused);
  });

  it('says that its certificate is not trusted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'certificate-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = ['req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-days', '1', '-subj', '/CN=localhost'];
    await promisify(execFile)('openssl', [...request, '-keyout', keyFile, '-out', certFile]);
    const secured = createServer({ key: await readFile(keyFile), cert: await readFile(certFile) });
    secured.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(secured, 'listening');
    onTestFinished(() => void secured.close());
    const { port } = secured.address() as AddressInfo;
    const refusal = {
      code: 'CONFIGURATION',
      message: expect.stringContaining('No TLS connection could be made'),
    };
    const store = openStore({ url: `rediss://127.0.0.1:${port}` });
    expect(await failureOf(store.load('session'))).toMatchObject(refusal);
  });
});
