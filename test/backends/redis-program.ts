import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const programs = ['redis-server', 'valkey-server'];

/** What there is to do where no server can be found or installed. */
const installAdvice =
  'The tests of the Redis store need redis-server on the PATH. On Debian: apt-get update && apt-get install -y redis-server';

/** The path of a server that is installed; on Debian, as root, one is installed where there is none. */
export async function findRedisProgram(): Promise<string> {
  const found = (await findOnPath()) ?? (await install());
  if (found === undefined) throw new Error(installAdvice);
  return found;
}

async function findOnPath(): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const program of programs) {
      const path = join(folder, program);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

async function install(): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || !(await isExecutable('/usr/bin/apt-get'))) return undefined;
  console.warn("There is no redis-server on the PATH: installing Debian's, with apt-get.");
  const steps =
    'command -v redis-server || { apt-get update && apt-get install -y --no-install-recommends redis-server; }';
  // One test file installs; those beside it wait for that.
  const lock = join(tmpdir(), 'install-redis-server.lock');
  // Without a runlevel no service is started.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await promisify(execFile)('flock', [lock, 'sh', '-c', steps], { env }).catch((cause: unknown) => {
    throw new Error(installAdvice, { cause });
  });
  return findOnPath();
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
