import type { Consumption } from './counting-table.js';

/** US dollars for a million request units of an on-demand table of the Standard class, which on-demand bills by. */
export const prices = {
  region: 'US East (N. Virginia)',
  write: 0.625,
  read: 0.125,
  source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  asOf: 'since November 2024',
} as const;

/** What a million times this consumption costs. */
export function dollarsOf({ writeUnits, readUnits }: Consumption): number {
  return writeUnits * prices.write + readUnits * prices.read;
}
