import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './consumer.js';

let root: string;
/** The commands of the README, with the address of a repository that holds what is in this folder. */
let blocks: string[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'installing-'));
  const repository = join(root, 'repository');
  await mkdir(repository);
  const listed = 'git ls-files -z --cached --others --exclude-standard';
  await run(
    'bash',
    ['-c', `${listed} | tar -cf - --null -T - | tar -xf - -C "$1"`, 'copy', repository],
    process.cwd(),
  );
  const git = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  await run('git', ['init', '--quiet'], repository);
  await run('git', ['add', '--all'], repository);
  await run('git', [...git, 'commit', '--quiet', '--message', 'All of it'], repository);
  const [, section = ''] = (await readFile('README.md', 'utf8')).split('\n## Install\n');
  const [text = ''] = section.split('\n## ');
  const address = pathToFileURL(repository).href;
  blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) =>
    block.replace('<address of this repository>', address),
  );
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** Runs commands in a new project, and gives what an import of the package then has. */
async function install(name: string, commands = ''): Promise<unknown> {
  const folder = join(root, name);
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const env = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };
  await run('bash', ['-euc', commands], folder, env);
  const program = `import('@looopy-ai/aws').then(({ serve }) => console.log(typeof serve));`;
  return (await run(process.execPath, ['--eval', program], folder)).stdout.trim();
}

describe('the package', () => {
  it('is installed from a clone, as the README says', async () => {
    expect(await install('clone', blocks[1])).toBe('function');
  });

  it('is installed from a git URL, as the README says', async () => {
    expect(await install('git', blocks[2])).toBe('function');
  });
});
