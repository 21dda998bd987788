/** True if a measure is to say soon about where it stands, and leaves the page as it is. */
export const isQuick = process.env.BENCH_QUICK === '1';

/** The rounds of a measure: a few if it is quick, enough to see a loss of a tenth. */
export function limitRounds(rounds: number): number {
  return isQuick ? Math.ceil(rounds / 5) : rounds;
}
