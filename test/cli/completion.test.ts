import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installProgram, runInShell } from './page-runner.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'completion-'));
  await installProgram(folder);
});

afterAll(() => rm(folder, { recursive: true }));

/** What bash proposes for a line with the cursor at its end, having read the script as from `.bashrc`. */
async function complete(line: string): Promise<string[]> {
  const script = `source <(looopy-aws completion bash)
    complete -p looopy-aws >&2
    COMP_LINE=$LINE COMP_POINT=\${#LINE} && _looopy_aws && printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { PATH: `${folder}:${process.env.PATH}`, LINE: line };
  const { code, said } = await runInShell(script, { cwd: process.cwd(), env });
  const [registered, ...proposed] = said.trim().split('\n');
  expect([code, registered]).toEqual([0, 'complete -o default -F _looopy_aws looopy-aws']);
  return proposed;
}

it.each([
  ['the beginning of a command', 'looopy-aws sess', ['sessions']],
  ['nothing yet', 'looopy-aws turns ', ['list', 'cancel']],
  ['an option', 'looopy-aws sessions list memory: --js', ['--json']],
  ['what is the name of a file', 'looopy-aws sessions import memory: /tm', []],
])('completes in bash: %s', async (_, line, proposed) => {
  expect(await complete(line)).toEqual(proposed);
});
