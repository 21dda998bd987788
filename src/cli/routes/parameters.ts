import type { CommonFlags } from '../context.js';
import { wrongUsage } from '../failures.js';

/** The options of every command. */
export const commonFlags = {
  json: {
    kind: 'boolean',
    brief: 'Prints one JSON document, and nothing else, to stdout',
    default: false,
    withNegated: false,
  },
  color: { kind: 'boolean', brief: 'Colors on a terminal, unless NO_COLOR is set', default: true },
} as const;

/** What allows a command to remove something. */
export const yesFlag = {
  kind: 'boolean',
  brief: 'Really does it; without it, nothing is changed',
  default: false,
  withNegated: false,
} as const;

export interface YesFlags extends CommonFlags {
  readonly yes: boolean;
}

export const urlParameter = { brief: 'The URL of the store', placeholder: 'URL', parse: String } as const;
export const sessionParameter = {
  brief: 'The id of the session',
  placeholder: 'ID',
  parse: parseId,
} as const;

/** A description with examples, as `--help` prints it. */
export function withExamples(brief: string, description: string, ...examples: string[]) {
  const lines = examples.map((example) => `  looopy-aws ${example}`);
  return { brief, fullDescription: `${description}\n\nExamples:\n${lines.join('\n')}` };
}

export function parseCount(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw wrongUsage('It must be a whole number above 0.');
}

export function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw wrongUsage('It must be a number from 0 to 65535.');
}

export function parseSeconds(text: string): number {
  if (/^\d+(?:\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw wrongUsage('It must be a number of seconds above 0.');
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A time such as `30d`, in milliseconds. */
export function parseDuration(text: string): number {
  const [, count, unit = ''] = text.match(/^(\d{1,9})([smhd])$/) ?? [];
  if (count !== undefined) return Number(count) * Number(units[unit]) * 1_000;
  throw wrongUsage('It must be a number of days, hours, minutes or seconds, such as 30d, 12h, 90m or 30s.');
}

function parseId(text: string): string {
  if (text !== '') return text;
  throw wrongUsage('It must not be empty.');
}
