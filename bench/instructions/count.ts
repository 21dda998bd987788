import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);
const here = fileURLToPath(new URL('./', import.meta.url));
const built = fileURLToPath(new URL('../dist/instructions/', import.meta.url));
/** One for each core: a count is the same whatever runs beside it. */
const processes = availableParallelism();

/** The first calls compile a path, and are not counted. */
const usual = { warmUpCalls: 10_000, countedCalls: 500 };
/** The client of DynamoDB takes ten times the instructions of other paths. */
const few = { warmUpCalls: 2_000, countedCalls: 100 };

/** What is compared: each side is a file of `paths` and what it exports. */
const comparisons = [
  { label: 'A rich state of 2 KB to text and back', ours: 'text/ours', rival: 'text/superjson' },
  { label: 'A save and a load in memory, of the same', ours: 'memory/ours', rival: 'memory/clones' },
  {
    label: 'A save and a load in DynamoDB, of a plain state of 2 KB, without a network',
    ours: 'dynamodb/ours',
    rival: 'dynamodb/withCondition',
  },
  { label: 'The same in Redis', ours: 'redis/ours', rival: 'redis/byHand' },
  { label: 'A turn of 20 events, without a socket', ours: 'turn/ours', rival: 'turn/nodeHttp' },
  {
    label: 'The same turn with openTelemetry() and no provider',
    ours: 'turn/withTelemetry',
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
  const counts = await countAll([...new Set(comparisons.flatMap(({ ours, rival }) => [ours, rival]))]);
  for (const { label, ours, rival } of comparisons) {
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

/** Files of JavaScript, since a loader of TypeScript would take longer to count than the paths. */
async function bundle(): Promise<void> {
  const paths = await readdir(join(here, 'paths'));
  await build({
    entryPoints: ['run-path.ts', ...paths.map((path) => `paths/${path}`)],
    absWorkingDir: here,
    outdir: built,
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
    for (const contender of left) counts.set(contender, await count(contender));
  };
  await Promise.all(Array.from({ length: processes }, countNext));
  return counts;
}

async function count(contender: string): Promise<number> {
  const [path = '', name = ''] = contender.split('/');
  const { warmUpCalls, countedCalls } = path === 'dynamodb' ? few : usual;
  // On one thread, nothing is compiled at a time of its own; and in so much room, nothing but the youngest objects is collected.
  const node = [
    process.execPath,
    '--single-threaded',
    '--initial-old-space-size=2000',
    join(built, 'run-path.js'),
  ];
  const what = [join(built, `paths/${path}.js`), name, String(warmUpCalls), String(countedCalls)];
  const options = ['--tool=callgrind', '--instr-atstart=no', '--callgrind-out-file=/dev/null'];
  const { stderr } = await run('valgrind', [...options, ...node, ...what], { cwd: built });
  const found = Number(/Collected : (\d+)/.exec(stderr)?.[1]);
  if (!(found > 0)) throw new Error(`valgrind counted nothing:\n${stderr}`);
  return found / countedCalls;
}
