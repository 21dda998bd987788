import { type Application, proposeCompletions } from '@stricli/core';
import type { CliContext } from './context.js';

/** Prints what the last word may become, one a line, for a shell that completes. */
export async function completeWords(
  app: Application<CliContext>,
  words: readonly string[],
  context: CliContext,
): Promise<void> {
  const proposed = await proposeCompletions(app, words, context);
  for (const { completion } of proposed) context.io.stdout.write(`${completion}\n`);
}
