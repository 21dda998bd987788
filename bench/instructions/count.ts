import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const program = fileURLToPath(new URL('../dist/hot-paths.mjs', import.meta.url));
/** The first calls compile the path, and are not counted. */
const [warmUpCalls, countedCalls] = [10_000, 500];
/** One for each core: a count is the same whatever runs beside it. */
const processes = availableParallelism();

/** Each path with its two contenders. */
const paths = [
  { label: 'A rich state of 2 KB to text and back', ours: 'text/ours', rival: 'text/superjson' },
  { label: 'A save and a load in memory, of the same', ours: 'memory/ours', rival: 'memory/structuredClone' },
  { label: 'A turn of 20 events, without a socket', ours: 'turn/ours', rival: 'turn/node:http' },
  {
    label: 'The same turn with openTelemetry() and no provider',
    ours: 'turn/telemetry',
    rival: 'turn/ours',
  },
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
  const counts = await countAll([...new Set(paths.flatMap(({ ours, rival }) => [ours, rival]))]);
  for (const { label, ours, rival } of paths) {
    const [own = Number.NaN, other = Number.NaN] = [counts.get(ours), counts.get(rival)];
    const thousands = `${Math.round(own / 1_000)} / ${Math.round(other / 1_000)}`;
    process.stdout.write(`    ${label}: ${(own / other).toFixed(2)} (${thousands}, ${rival})\n`);
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

/** The instructions of one call, of each contender. */
async function countAll(contenders: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const left = contenders.values();
  const countNext = async () => {
    for (const contender of left) counts.set(contender, (await count(contender)) / countedCalls);
  };
  await Promise.all(Array.from({ length: processes }, countNext));
  return counts;
}

async function count(contender: string): Promise<number> {
  // On one thread, nothing is compiled or collected at a time of its own.
  const calls = [String(warmUpCalls), String(countedCalls)];
  const node = [process.execPath, '--single-threaded', program, contender, ...calls];
  const options = ['--tool=callgrind', '--instr-atstart=no', '--callgrind-out-file=/dev/null'];
  const { stderr } = await run('valgrind', [...options, ...node], { cwd: root });
  const found = Number(/Collected : (\d+)/.exec(stderr)?.[1]);
  if (!(found > 0)) throw new Error(`valgrind counted nothing:\n${stderr}`);
  return found;
}
