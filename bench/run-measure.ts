import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fingerprintMeasure } from './measured-code.js';
import { measures } from './measures.js';
import { resultsFolder } from './paths.js';
import { isQuick } from './quick.js';
import type { MeasureResult } from './results.js';

// One measure in a process of its own, so that none runs on what another has compiled or allocated.
const name = process.argv[2] ?? '';
const measure = measures[name];
if (measure === undefined) throw new RangeError(`There is no measure "${name}".`);
const result = await measure();
if (isQuick) showRatios(result);
else await store(result);
process.exit(0);

async function store(result: MeasureResult): Promise<void> {
  const made = {
    measuredOn: new Date().toISOString().slice(0, 10),
    commit: readCommit(),
    node: process.versions.node,
    machine: `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`,
    code: await fingerprintMeasure(name),
  };
  await mkdir(resultsFolder, { recursive: true });
  const text = JSON.stringify({ ...made, ...rounded(result) }, null, 1);
  await writeFile(join(resultsFolder, `${name}.json`), `${text}\n`);
}

function showRatios({ tables }: MeasureResult): void {
  for (const { title, ratioOf, comparisons } of tables) {
    const judged = comparisons.filter(({ ratio }) => ratio !== undefined);
    if (judged.length > 0) process.stdout.write(`  ${title}: ${ratioOf}\n`);
    for (const { label, ratio } of judged) {
      const numbers = [ratio?.median, ratio?.low, ratio?.high].map((number) => number?.toFixed(2));
      process.stdout.write(`    ${label}: ${numbers[0]} (${numbers[1]}–${numbers[2]})\n`);
    }
  }
}

/** The commit that was measured, marked if there is more than it. */
function readCommit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', '--', 'src', 'bench') !== '';
  return `${git('rev-parse', '--short=10', 'HEAD')}${isChanged ? ' and changes' : ''}`;
}

/** Four digits say more than the machine knows. */
function rounded(value: MeasureResult): MeasureResult {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'number' ? Number(part.toPrecision(4)) : part,
    ),
  );
}
