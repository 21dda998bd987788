import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measures } from './measures.js';
import { resultsFolder } from './paths.js';
import type { MeasureResult } from './results.js';

// One measure in a process of its own, so that none runs on what another has compiled or allocated.
const name = process.argv[2] ?? '';
const measure = measures[name];
if (measure === undefined) throw new RangeError(`There is no measure "${name}".`);
const result = await measure();
const measuredOn = new Date().toISOString().slice(0, 10);
await mkdir(resultsFolder, { recursive: true });
await writeFile(
  join(resultsFolder, `${name}.json`),
  `${JSON.stringify({ measuredOn, ...rounded(result) }, null, 1)}\n`,
);
process.exit(0);

/** Four digits say more than the machine knows. */
function rounded(value: MeasureResult): MeasureResult {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'number' ? Number(part.toPrecision(4)) : part,
    ),
  );
}
