import type { CommandContext, StricliProcess } from '@stricli/core';
import type { CliIo } from './io.js';
import type { Paint } from './output/colors.js';

/** What a command is called on. */
export interface CliContext extends CommandContext {
  readonly process: StricliProcess;
  readonly io: CliIo;
  readonly paint: Paint;
}

/** The options that every command has. */
export interface CommonFlags {
  readonly json: boolean;
  /** Looked at before the command runs. */
  readonly color: boolean;
}

/** Prints what a command has found: for a program one JSON document, and for people what `describe` makes of it. */
export function present(
  { io }: CliContext,
  { json }: CommonFlags,
  document: unknown,
  describe: () => string,
): void {
  io.stdout.write(`${json ? JSON.stringify(document, null, 2) : describe()}\n`);
}
