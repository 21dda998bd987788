import type { CliIo } from '../io.js';

export type Color = 'red' | 'yellow' | 'green' | 'dim';

export type Paint = (color: Color, text: string) => string;

const codes: Readonly<Record<Color, number>> = { red: 31, yellow: 33, green: 32, dim: 2 };

/** True if colors are wanted, and somebody sees them. https://no-color.org */
export function wantsColor(argv: readonly string[], { stdout, env }: CliIo): boolean {
  return stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb' && !argv.includes('--no-color');
}

export function createPaint(isColored: boolean): Paint {
  return (color, text) => (isColored ? `\u001B[${codes[color]}m${text}\u001B[0m` : text);
}
