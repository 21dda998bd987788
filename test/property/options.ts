import type { Parameters } from 'fast-check';

const { FC_RUNS } = process.env;

/**
 * Every property runs a thousand times, or `FC_RUNS` times, and in any case as often as makes it mean something; a failure
 * prints the seed and the path that repeat it.
 */
export function runs({ atLeast = 1 } = {}): Parameters<unknown> {
  return { numRuns: Math.max(Number(FC_RUNS || 1_000), atLeast), verbose: 1 };
}
