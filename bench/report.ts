import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { findings } from './findings.js';
import { measures } from './measures.js';
import { docsFolder } from './paths.js';
import { prices } from './prices.js';
import { type Comparison, isMet, type MeasureResult, type Table } from './results.js';
import type { Summary } from './statistics.js';
import { readResult } from './stored-results.js';
import { writeWins } from './wins.js';

/** What is compared, and what it is compared with. */
const libraries = [
  '@aws-sdk/client-dynamodb',
  '@aws-sdk/lib-dynamodb',
  'ioredis',
  'superjson',
  'hono',
  '@hono/node-server',
  'dynalite',
  'bedrock-agentcore',
  'fastify',
  'keyv',
  '@keyv/redis',
  '@langchain/langgraph-checkpoint',
  '@langchain/langgraph-checkpoint-redis',
];

/** Writes `docs/benchmarks.md` of the results that are stored. */
export async function writeReport(): Promise<void> {
  const results: Record<string, MeasureResult> = {};
  for (const name of Object.keys(measures)) {
    const result = await readResult(name);
    if (result !== undefined) results[name] = result;
  }
  const sections = [await writeHead(results)];
  for (const [name, result] of Object.entries(results)) sections.push(writeMeasure(result, findings[name]));
  await writeFile(join(docsFolder, 'benchmarks.md'), `${sections.join('\n\n')}\n`);
}

async function writeHead(results: Readonly<Record<string, MeasureResult>>): Promise<string> {
  const versions = await Promise.all(libraries.map(async (name) => `${name} ${await versionOf(name)}`));
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const days = Object.values(results).flatMap(({ measuredOn = [] }) => measuredOn);
  return `# Benchmarks

What is won:

${writeWins(results)}

What it costs: a save and a load take longer than by hand in Redis, and in DynamoDB up to 2 KB, since they carry a condition and a revision; and what is over 4 KB is compressed. A conversation of short messages takes up to two and a half times the write units of an item per message, and longer to open than by one Query. ${writeTargets(results)}

## How it is measured

Made by \`npm run bench\`, which writes this file; \`npm run bench -- redis encoding\` repeats single measures, and
\`npm run bench -- --quick\` writes nothing: in a minute it shows the ratios of the hot paths, each from a few rounds of one process,
and in two or three more how many instructions they take (with valgrind installed), which repeat to a few hundredths. Not part of \`npm test\`. The
raw results are in [benchmarks/](benchmarks/).

- last on ${days.sort().at(-1)}, with Node ${process.version.slice(1)}, ${cpus().length} cores and ${gigabytes} GB of memory; each measure says on what by itself
- ${versions.join(', ')}

What is compared takes turns within one run, several rounds each, on the same server and the same states: text and code of
manuals in the form of a conversation, which does not repeat itself. Each number is the median of the rounds, each ratio the
median of the ratios within the rounds, with the middle half of the rounds in brackets. A rich state also holds dates, a
\`Map\`, a \`Set\`, bigints and \`undefined\`. keyv is 5, the newest that runs on Node 20.

![Time per call against the size of the state](benchmarks/time-per-call.svg)

![Cost of a million turns against the size of the state](benchmarks/cost-per-million-turns.svg)

Prices: $${prices.write} per million write request units and $${prices.read} per million read request units, on-demand
tables in ${prices.region}, ${prices.asOf} (${prices.source}).`;
}

/** How many of the targets are met. What is missed, and why, is said with each measure. */
function writeTargets(results: Readonly<Record<string, MeasureResult>>): string {
  const judged = Object.values(results)
    .flatMap(({ tables }) => tables.flatMap(({ comparisons }) => comparisons))
    .flatMap(({ ratio, target }) =>
      ratio === undefined || target === undefined ? [] : [isMet(ratio.median, target)],
    );
  const met = judged.filter((each) => each).length;
  return `Of ${judged.length} targets, ${met} are met; each measure below says which are not, by how much and why.`;
}

function writeMeasure(result: MeasureResult, found: string | undefined): string {
  const { title, about, tables, measuredOn, commit, node, machine } = result;
  const made = `Measured on ${measuredOn}: commit ${commit}, Node ${node}, ${machine}.`;
  const parts = [`## ${title}`, about, made, ...tables.map(writeTable)];
  if (found !== undefined) parts.push(`**What the numbers say.** ${found}`);
  return parts.join('\n\n');
}

function writeTable({ title, unit, ratioOf, comparisons, note }: Table): string {
  const names = [...new Set(comparisons.flatMap(({ values }) => Object.keys(values)))];
  const judged = comparisons.some(({ target }) => target !== undefined);
  const head = ['', ...names, ...(ratioOf === undefined ? [] : [ratioOf]), ...(judged ? ['target'] : [])];
  const rows = comparisons.map((comparison) => [
    comparison.label,
    ...names.map((name) => writeNumber(comparison.values[name]?.median)),
    ...(ratioOf === undefined ? [] : [writeRatio(comparison.ratio)]),
    ...(judged ? [writeTarget(comparison)] : []),
  ]);
  const lines = [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return `### ${title}\n\nIn ${unit}.${note === undefined ? '' : ` ${note}`}\n\n${table}`;
}

function writeTarget({ ratio, target }: Comparison): string {
  if (target === undefined || ratio === undefined) return '';
  const limit = 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
  return `${limit}: ${isMet(ratio.median, target) ? 'met' : '**missed**'}`;
}

function writeRatio(ratio: Summary | undefined): string {
  if (ratio === undefined) return '';
  const [median, low, high] = [ratio.median, ratio.low, ratio.high].map((part) => part.toFixed(2));
  return low === high ? `${median}` : `${median} (${low}–${high})`;
}

function writeNumber(value: number | undefined): string {
  if (value === undefined) return '–';
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

async function versionOf(name: string): Promise<string> {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  const { version } = JSON.parse(await readFile(path, 'utf8'));
  return version;
}
