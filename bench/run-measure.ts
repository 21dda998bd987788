import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measures } from './measures.js';
import { resultsFolder } from './paths.js';

// One measure in a process of its own, so that none runs on what another has compiled or allocated.
const name = process.argv[2] ?? '';
const measure = measures[name];
if (measure === undefined) throw new RangeError(`There is no measure "${name}".`);
const result = await measure();
await mkdir(resultsFolder, { recursive: true });
await writeFile(join(resultsFolder, `${name}.json`), `${JSON.stringify(rounded(result), null, 1)}\n`);
process.exit(0);

/** Four digits say more than the machine knows. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'number' ? Number(part.toPrecision(4)) : part,
    ),
  );
}
