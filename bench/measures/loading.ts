import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Samples } from '../alternate.js';
import { ratioOf, summarizeAll } from '../alternate.js';
import type { Comparison, MeasureResult, Table } from '../results.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const rounds = 11;

/** What is imported, in order, by each contender; `[]` is Node itself. */
const groups: readonly Group[] = [
  {
    entry: '.',
    ours: ['./dist/index.js'],
    rivals: {
      hono: ['hono'],
      'bedrock-agentcore': ['bedrock-agentcore/runtime'],
    },
    against: 'hono',
    atMost: 2,
  },
  {
    entry: './stores/dynamodb, and its first request',
    ours: ['./dist/adapters/dynamodb/index.js', '@aws-sdk/client-dynamodb'],
    rivals: { 'the SDK clients': ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb'] },
    against: 'the SDK clients',
  },
  { entry: './stores/dynamodb', ours: ['./dist/adapters/dynamodb/index.js'], rivals: {} },
  { entry: './stores', ours: ['./dist/stores.js'], rivals: {} },
  { entry: './stores/redis', ours: ['./dist/adapters/redis/index.js'], rivals: { ioredis: ['ioredis'] } },
  { entry: './stores/memory', ours: ['./dist/adapters/memory/index.js'], rivals: {}, atMostMs: 8 },
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
  readonly atMostMs?: number;
}

interface Loaded {
  readonly ms: number;
  readonly megabytes: number;
}

export async function measureLoading(): Promise<MeasureResult> {
  const [times, memory]: [Comparison[], Comparison[]] = [[], []];
  for (const { entry, ours, rivals, against, atMost = 1.15, atMostMs } of groups) {
    const contenders = { ours, ...rivals };
    const { ms, megabytes } = await alternateProcesses(contenders);
    const ratio = against === undefined ? {} : { ratio: ratioOf(ms, 'ours', against), target: { atMost } };
    const limit = atMostMs === undefined ? {} : toLimit(ms, atMostMs);
    times.push({ label: entry, values: summarizeAll(ms), ...ratio, ...limit });
    const share =
      against === undefined ? {} : { ratio: ratioOf(megabytes, 'ours', against), target: { atMost } };
    memory.push({ label: entry, values: summarizeAll(megabytes), ...share });
  }
  return {
    title: 'Loading each entry point',
    about:
      'A process of its own for each load, the contenders in turn: the time that the imports take in a Node that is up, and the memory that it has more afterwards.',
    tables: [toTable('Time', 'ms over bare Node', times), toTable('Memory', 'MB over bare Node', memory)],
  };
}

function toTable(title: string, unit: string, comparisons: Comparison[]): Table {
  const note = '`./stores/memory` has a limit of 8 ms over bare Node; its ratio is to that.';
  return {
    title,
    unit,
    ratioOf: 'ours / the libraries alone',
    comparisons,
    ...(title === 'Time' && { note }),
  };
}

function toLimit(ms: Samples, limit: number) {
  return {
    ratio: ratioOf({ ...ms, limit: (ms.ours ?? []).map(() => limit) }, 'ours', 'limit'),
    target: { atMost: 1 },
  };
}

async function alternateProcesses(contenders: Readonly<Record<string, readonly string[]>>) {
  const ms: Record<string, number[]> = {};
  const megabytes: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, specifiers] of Object.entries(contenders)) {
      const loaded = await load(specifiers);
      ms[name] = [...(ms[name] ?? []), loaded.ms];
      megabytes[name] = [...(megabytes[name] ?? []), loaded.megabytes];
    }
  }
  return { ms, megabytes };
}

async function load(specifiers: readonly string[]): Promise<Loaded> {
  const imports = specifiers.map((specifier) => `await import(${JSON.stringify(specifier)});`).join('');
  const script = `const before = process.memoryUsage().rss; const start = performance.now(); ${imports}
    const ms = performance.now() - start;
    console.log(JSON.stringify({ ms, megabytes: (process.memoryUsage().rss - before) / 1e6 }));`;
  const env = { ...process.env, NODE_OPTIONS: '', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    env,
  });
  return JSON.parse(stdout);
}
