import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { Consumer, run } from './consumer.js';

const sources = ['src', 'tools', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'folder-'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** What a clone holds that has not been built. */
async function cloneTo(folder: string): Promise<string> {
  for (const path of sources) await cp(path, join(folder, path), { recursive: true });
  return folder;
}

describe('the folder of the package', () => {
  it('is built when it is installed in a project, as from a git URL', async () => {
    const folder = await cloneTo(join(root, 'clone'));
    await symlink(resolve('node_modules'), join(folder, 'node_modules'));
    const consumer = await Consumer.create(join(root, 'consumer'), { [packageJson.name]: `file:${folder}` });
    const names = await consumer.evaluate(`
      import * as stores from '${packageJson.name}/stores/memory';
      console.log(JSON.stringify(Object.keys(stores)));`);
    expect(names).toContain('InMemoryAgentStore');
  });

  it('is left as it is where there is nothing to build it with', async () => {
    const folder = await cloneTo(join(root, 'production'));
    await run('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], folder);
    expect((await readdir(folder)).sort()).toEqual([...sources, 'node_modules'].sort());
  });
});
