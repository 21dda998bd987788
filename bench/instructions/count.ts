import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const program = fileURLToPath(new URL('../dist/hot-paths.mjs', import.meta.url));
/** The first calls compile the path: what counts is what the later ones take. */
const [warm, whole] = [1_000, 2_000];

/** Each path with its two contenders, ours first. */
const paths = [
  { label: 'A rich state of 2 KB to text and back', name: 'text', rival: 'superjson' },
  { label: 'A save and a load in memory, of the same', name: 'memory', rival: 'structuredClone' },
  { label: 'A turn of 20 events, without a socket', name: 'turn', rival: 'node:http' },
  { label: 'The same turn with openTelemetry() and no provider', name: 'telemetry', rival: 'without' },
];

/**
 * Shows how many instructions the hot paths take, and their rivals: a count that other work on the machine does not change, for
 * differences that are lost in the noise of times.
 */
export async function showInstructions(): Promise<void> {
  if (!(await hasValgrind())) {
    process.stdout.write('  left out: valgrind is not installed\n');
    return;
  }
  await bundle();
  process.stdout.write('  Thousands of instructions a call: ours / the rival named\n');
  for (const { label, name, rival } of paths) {
    const [ours, theirs] = [await countCall(`${name}/ours`), await countCall(`${name}/${rival}`)];
    const counts = `${Math.round(ours / 1_000)} / ${Math.round(theirs / 1_000)}, ${rival}`;
    process.stdout.write(`    ${label}: ${(ours / theirs).toFixed(2)} (${counts})\n`);
  }
}

async function hasValgrind(): Promise<boolean> {
  return run('valgrind', ['--version']).then(
    () => true,
    () => false,
  );
}

/** One file of JavaScript, since a loader of TypeScript would take longer to count than the paths. */
async function bundle(): Promise<void> {
  await build({
    entryPoints: ['bench/instructions/hot-paths.ts'],
    absWorkingDir: root,
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
    define: { 'import.meta.url': JSON.stringify(new URL('../states.ts', import.meta.url)) },
  });
}

async function countCall(contender: string): Promise<number> {
  const [less, more] = await Promise.all([warm, whole].map((times) => count(contender, times)));
  return ((more ?? 0) - (less ?? 0)) / (whole - warm);
}

async function count(contender: string, times: number): Promise<number> {
  // On one thread, nothing is compiled or collected at a time of its own.
  const node = [process.execPath, '--single-threaded', program, contender, String(times)];
  const options = ['--tool=callgrind', '--callgrind-out-file=/dev/null'];
  const { stderr } = await run('valgrind', [...options, ...node], { cwd: root });
  const found = /Collected : (\d+)/.exec(stderr)?.[1];
  if (found === undefined) throw new Error(`valgrind counted nothing:\n${stderr}`);
  return Number(found);
}
