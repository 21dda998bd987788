import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** A command of a page, and what it says that the command prints. */
export interface PageCommand {
  readonly command: string;
  readonly prints: string;
  /** True if the page ends it by Ctrl-C. */
  readonly isInterrupted: boolean;
}

/** The commands in the `console` blocks of a page, in order. */
export function readPageCommands(page: string): PageCommand[] {
  const blocks = [...page.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block = '']) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const [command = '', ...lines] = text.trimEnd().split('\n');
        const isInterrupted = lines.at(-1) === '^C';
        return { command, isInterrupted, prints: lines.slice(0, isInterrupted ? -1 : undefined).join('\n') };
      }),
  );
}

/** What is printed as a page says, with `…` for anything. */
export function toPattern(prints: string): RegExp {
  const parts = prints.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*?')}\\s*$`);
}

/** Makes a program `looopy-aws` of the source, in a folder for the PATH. */
export async function installProgram(folder: string): Promise<void> {
  const tsx = import.meta.resolve('tsx');
  const program = `#!/bin/sh\nexec '${process.execPath}' --import '${tsx}' '${resolve('src/cli/main.ts')}' "$@"\n`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'looopy-aws'), program, { mode: 0o755 });
}

export interface ShellOutcome {
  readonly code: number | null;
  readonly said: string;
}

/** Runs a command in bash, and interrupts it once it has said what it is to say. */
export async function runInShell(
  script: string,
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  interruptAfter?: RegExp,
): Promise<ShellOutcome> {
  const child = spawn('bash', ['-c', script], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const hear = (text: string) => {
    said += text;
    if (interruptAfter?.test(said) === true) child.kill('SIGINT');
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const [code] = await once(child, 'close');
  return { code, said };
}
