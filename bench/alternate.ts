import { limitRounds } from './quick.js';
import { type Summary, summarize } from './statistics.js';

/** Something to time, under the name that the results give it. */
export interface Contender {
  readonly name: string;
  run(): unknown;
}

export interface Rounds {
  /** @defaultValue 15 */
  readonly rounds?: number;
  /** How long one contender is timed in one round. @defaultValue 40 */
  readonly roundMs?: number;
}

/** Milliseconds per call of each contender, one list entry a round. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/**
 * Times contenders in turn, round after round, each round in another order: whatever disturbs the machine disturbs all of
 * them alike.
 */
export async function alternate(
  contenders: readonly Contender[],
  { rounds = 15, roundMs = 40 }: Rounds = {},
): Promise<Samples> {
  const samples: Record<string, number[]> = {};
  const calls = new Map<Contender, number>();
  for (const contender of contenders) {
    samples[contender.name] = [];
    calls.set(contender, await countCalls(contender, roundMs));
  }
  for (let round = 0; round < limitRounds(rounds); round++) {
    for (const index of contenders.keys()) {
      const contender = contenders[(index + round) % contenders.length];
      if (contender === undefined) continue;
      samples[contender.name]?.push(await time(contender, calls.get(contender) ?? 1));
    }
  }
  return samples;
}

/** Calls each contender so often that the engine has compiled all of it, as in a process that has served for a while. */
export async function warmUp(contenders: readonly Contender[], calls: number): Promise<void> {
  for (const contender of contenders) await time(contender, limitRounds(calls));
}

export function summarizeAll(samples: Samples, factor = 1): Record<string, Summary> {
  const entries = Object.entries(samples);
  return Object.fromEntries(
    entries.map(([name, list]) => [name, summarize(list.map((value) => value * factor))]),
  );
}

/** The ratio of one contender to another, compared round by round. */
export function ratioOf(samples: Samples, name: string, rival: string): Summary {
  const theirs = samples[rival] ?? [];
  return summarize((samples[name] ?? []).map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/** How long a contender is called before it is timed: the engine compiles what it has seen often. */
const warmUpMs = 250;

/** How many calls fill a round, found while the engine warms up. */
async function countCalls(contender: Contender, roundMs: number): Promise<number> {
  let calls = 1;
  for (;;) {
    const perCall = await time(contender, calls);
    if (perCall * calls >= Math.max(roundMs, warmUpMs)) return Math.max(1, Math.round(roundMs / perCall));
    calls *= 2;
  }
}

async function time({ run }: Contender, calls: number): Promise<number> {
  const start = performance.now();
  for (let call = 0; call < calls; call++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - start) / calls;
}
