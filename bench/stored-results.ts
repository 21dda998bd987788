import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resultsFolder } from './paths.js';
import type { MeasureResult } from './results.js';

/** What a measure found when it was last made. */
export async function readResult(name: string): Promise<MeasureResult | undefined> {
  try {
    return JSON.parse(await readFile(join(resultsFolder, `${name}.json`), 'utf8'));
  } catch {
    return undefined;
  }
}
