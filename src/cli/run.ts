import { run as runApplication } from '@stricli/core';
import { createCliApplication } from './app.js';
import { completeWords } from './complete-words.js';
import type { CliContext } from './context.js';
import { exitCodes, toExitCode, toOneLine } from './failures.js';
import type { CliIo } from './io.js';
import { createPaint, wantsColor } from './output/colors.js';

/** What a process that a signal has ended exits with, by custom. */
const signalCodes: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * Runs a command line.
 *
 * @param argv - Without the program: `['sessions', 'list', …]`.
 * @returns The exit code: 0 if all is well, 1 if it failed, 2 if the command line, the URL or the id has to be corrected.
 */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  const isColored = wantsColor(argv, io);
  const process: CliContext['process'] = {
    stdout: { write: (text) => void io.stdout.write(text), getColorDepth: () => (isColored ? 4 : 1) },
    stderr: { write: toErrorLine(io) },
    env: { STRICLI_SKIP_VERSION_CHECK: 'true' },
  };
  const context = { process, io, paint: createPaint(isColored) };
  const app = createCliApplication();
  if (argv[0] === '__complete') await completeWords(app, argv.slice(1), context);
  else await runApplication(app, argv, context);
  if (io.signal.aborted) return signalCodes[String(io.signal.reason)] ?? exitCodes.failed;
  return toExitCode(process.exitCode);
}

/** Writes the first mistake of a command line, and no others: correcting one may correct them all. */
function toErrorLine({ stderr, signal }: CliIo): (text: string) => void {
  let isFirst = true;
  return (text) => {
    if (isFirst && !signal.aborted) stderr.write(`looopy-aws: ${toOneLine(text)}\n`);
    isFirst = false;
  };
}
