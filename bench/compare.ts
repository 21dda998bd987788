import { alternate, type Contender, type Rounds, ratioOf, summarizeAll, warmUp } from './alternate.js';
import { isQuick } from './quick.js';
import type { Comparison } from './results.js';

interface ComparedRounds extends Rounds {
  readonly factor?: number;
  readonly warmUpCalls?: number;
}

/**
 * Times contenders in turn, and tells the ratio of two of them by name; the others are there to be looked at, and are left out where
 * only ratios are shown.
 *
 * @param factor - Of the values that are told: 1 for milliseconds.
 * @param warmUpCalls - How often each is called before, besides what {@link alternate} does.
 */
export async function compare(
  label: string,
  contenders: readonly Contender[],
  [name, rival]: readonly [string, string],
  { factor = 1, warmUpCalls = 0, ...rounds }: ComparedRounds = {},
): Promise<Comparison> {
  const timed = isQuick ? contenders.filter((each) => each.name === name || each.name === rival) : contenders;
  await warmUp(timed, warmUpCalls);
  const samples = await alternate(timed, rounds);
  return { label, values: summarizeAll(samples, factor), ratio: ratioOf(samples, name, rival) };
}
