import type { Summary } from './statistics.js';

/** What a ratio is to be. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** One line of a table: everybody's numbers for one case, and how ours compare. */
export interface Comparison {
  /** Such as `2 KB, plain`. */
  readonly label: string;
  readonly values: Readonly<Record<string, Summary>>;
  readonly ratio?: Summary;
  /** The line's own target; without one it is there to be looked at. */
  readonly target?: Target;
}

/** One table. */
export interface Table {
  readonly title: string;
  readonly unit: string;
  /** What the ratio is between, such as `ours / superjson`. */
  readonly ratioOf?: string;
  readonly comparisons: readonly Comparison[];
  /** What the reader must know to judge the numbers. */
  readonly note?: string;
}

/** What one measure found. */
export interface MeasureResult {
  /** The day, in ISO 8601. */
  readonly measuredOn?: string;
  readonly commit?: string;
  readonly node?: string;
  readonly machine?: string;
  readonly title: string;
  /** What was done, and against what. */
  readonly about: string;
  readonly tables: readonly Table[];
}

export type Measure = () => Promise<MeasureResult>;

export function isMet(ratio: number, target: Target): boolean {
  // To the precision that the tables show.
  const shown = Number(ratio.toFixed(2));
  return 'atMost' in target ? shown <= target.atMost : shown >= target.atLeast;
}
