import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Samples } from '../alternate.js';
import { ratioOf, summarizeAll } from '../alternate.js';
import type { Comparison, MeasureResult, Table } from '../results.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const rounds = 11;

/** What is imported, in order, by each contender. */
const createGroups = (folder: string): readonly Group[] => [
  {
    entry: '.',
    ours: ['./dist/index.js'],
    rivals: { 'an empty file': [join(folder, 'empty.mjs')] },
    atMostMs: 45,
  },
  {
    entry: '., and what `serve` loads',
    ours: ['./dist/index.js', 'node:http', 'pino'],
    rivals: { 'node:http': ['node:http'], 'bedrock-agentcore': ['bedrock-agentcore/runtime'] },
  },
  { entry: './hono', ours: ['./dist/hono.js'], rivals: { hono: ['hono'] }, against: 'hono', atMost: 2 },
  {
    entry: './stores/dynamodb, and its first request',
    ours: ['./dist/adapters/dynamodb/index.js', '@aws-sdk/client-dynamodb'],
    rivals: { 'the SDK clients': ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb'] },
    against: 'the SDK clients',
  },
  { entry: './stores/dynamodb', ours: ['./dist/adapters/dynamodb/index.js'], rivals: {} },
  { entry: './stores', ours: ['./dist/stores.js'], rivals: {} },
  { entry: './stores/redis', ours: ['./dist/adapters/redis/index.js'], rivals: { ioredis: ['ioredis'] } },
  {
    entry: './stores/memory',
    ours: ['./dist/adapters/memory/index.js'],
    rivals: {
      'an empty file': [join(folder, 'empty.mjs')],
      'one file, minified': [join(folder, 'memory.mjs')],
    },
    atMostMs: 8,
  },
  { entry: './testing', ours: ['./dist/testing/index.js'], rivals: {} },
];

interface Group {
  readonly entry: string;
  readonly ours: readonly string[];
  readonly rivals: Readonly<Record<string, readonly string[]>>;
  /** The rival that the target is about. */
  readonly against?: string;
  /** Of what the rival takes. @defaultValue 1.15 */
  readonly atMost?: number;
  /** Of CPU time. */
  readonly atMostMs?: number;
}

interface Loaded {
  readonly ms: number;
  readonly cpuMs: number;
  readonly megabytes: number;
}

export async function measureLoading(): Promise<MeasureResult> {
  const folder = await mkdtemp(join(tmpdir(), 'loading-'));
  try {
    await writeLeast(folder);
    return await measureGroups(createGroups(folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The least that loading can be: a file with nothing in it, and all of the store in memory in one file without a word too many. */
async function writeLeast(folder: string): Promise<void> {
  await writeFile(join(folder, 'empty.mjs'), '');
  await build({
    entryPoints: [join(root, 'dist/adapters/memory/index.js')],
    outfile: join(folder, 'memory.mjs'),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
}

async function measureGroups(groups: readonly Group[]): Promise<MeasureResult> {
  const [times, cpu, memory]: [Comparison[], Comparison[], Comparison[]] = [[], [], []];
  for (const { entry, ours, rivals, against, atMost = 1.15, atMostMs } of groups) {
    const contenders = { ours, ...rivals };
    const { ms, cpuMs, megabytes } = await alternateProcesses(contenders);
    const ratio = against === undefined ? {} : { ratio: ratioOf(ms, 'ours', against), target: { atMost } };
    times.push({ label: entry, values: summarizeAll(ms), ...ratio });
    if (atMostMs !== undefined)
      cpu.push({
        label: `${entry}, at most ${atMostMs} ms`,
        values: summarizeAll(cpuMs),
        ...toLimit(cpuMs, atMostMs),
      });
    const share =
      against === undefined ? {} : { ratio: ratioOf(megabytes, 'ours', against), target: { atMost } };
    memory.push({ label: entry, values: summarizeAll(megabytes), ...share });
  }
  return {
    title: 'Loading each entry point',
    about:
      'A process of its own for each load, the contenders in turn: the time that the imports take in a Node that is up, and the memory that it has more afterwards.',
    tables: [
      toTable('Time', 'ms over bare Node', times),
      toTable('CPU time', 'ms over bare Node, of all threads', cpu, 'ours / the limit'),
      toTable('Memory', 'MB over bare Node', memory),
    ],
  };
}

function toTable(
  title: string,
  unit: string,
  comparisons: Comparison[],
  ratio = 'ours / the libraries alone',
): Table {
  return { title, unit, ratioOf: ratio, comparisons };
}

function toLimit(ms: Samples, limit: number) {
  return {
    ratio: ratioOf({ ...ms, limit: (ms.ours ?? []).map(() => limit) }, 'ours', 'limit'),
    target: { atMost: 1 },
  };
}

async function alternateProcesses(contenders: Readonly<Record<string, readonly string[]>>) {
  const ms: Record<string, number[]> = {};
  const cpuMs: Record<string, number[]> = {};
  const megabytes: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, specifiers] of Object.entries(contenders)) {
      const loaded = await load(specifiers);
      ms[name] = [...(ms[name] ?? []), loaded.ms];
      cpuMs[name] = [...(cpuMs[name] ?? []), loaded.cpuMs];
      megabytes[name] = [...(megabytes[name] ?? []), loaded.megabytes];
    }
  }
  return { ms, cpuMs, megabytes };
}

async function load(specifiers: readonly string[]): Promise<Loaded> {
  const imports = specifiers.map((specifier) => `await import(${JSON.stringify(specifier)});`).join('');
  const script = `const before = process.memoryUsage().rss; const cpu = process.cpuUsage(); const start = performance.now();
    ${imports}
    const ms = performance.now() - start; const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1e3, megabytes: (process.memoryUsage().rss - before) / 1e6 }));`;
  const env = { ...process.env, NODE_OPTIONS: '', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    env,
  });
  return JSON.parse(stdout);
}
