import type { Parameters } from 'fast-check';

/** Every property runs this often; a failure prints the seed and the path that repeat it. */
export function runs(numRuns = 1_000): Parameters<unknown> {
  return { numRuns, verbose: 1 };
}
