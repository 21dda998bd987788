import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Compiles what is loaded into a process so that it can be cloned. */
export function compileCloning(library: string): void {
  const { status, error, stderr } = spawnSync('cc', [
    '-shared',
    '-fPIC',
    '-o',
    library,
    here('clone-process.c'),
  ]);
  if (status === 0) return;
  const reason = error?.message ?? stderr.toString();
  throw new Error(
    `A process is cloned with a C library. Install a compiler: apt-get install gcc libc6-dev (${reason})`,
  );
}
