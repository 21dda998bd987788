/**
 * True if a measure is to say soon about where it stands, and leaves the page as it is: with small states, of rich ones those that cross
 * no network, and with one process of each server.
 */
export const isQuick = process.env.BENCH_QUICK === '1';

/** What is left of so many rounds if a measure is quick: a few, but enough for a median of them. */
export function limitRounds(rounds: number): number {
  return isQuick ? Math.min(rounds, Math.max(5, Math.ceil(rounds / 5))) : rounds;
}

/** What is left of so many processes of one program, which a measure runs one after another. */
export function limitProcesses(processes: number): number {
  return isQuick ? 1 : processes;
}
