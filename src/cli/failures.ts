import { ExitCode } from '@stricli/core';
import { AgentStoreError, isAgentStoreError } from '../domain/errors.js';
import { isError } from '../domain/values/built-in.js';

export const exitCodes = { ok: 0, failed: 1, wrongUsage: 2 } as const;

/** The error for a URL, an id or an option that cannot work. */
export function wrongUsage(message: string, cause?: unknown): AgentStoreError {
  return new AgentStoreError('CONFIGURATION', message, { cause });
}

export function exitCodeOf(error: unknown): number {
  const isMistake = isAgentStoreError(error, 'CONFIGURATION') || isAgentStoreError(error, 'INVALID_KEY');
  return isMistake ? exitCodes.wrongUsage : exitCodes.failed;
}

/** The exit code for that of the parser, which has negative ones for what is wrong with a command line. */
export function toExitCode(code: number | string | null | undefined): number {
  const number = Number(code ?? exitCodes.ok);
  if (number >= 0) return number;
  const isWrongUsage = number === ExitCode.InvalidArgument || number === ExitCode.UnknownCommand;
  return isWrongUsage ? exitCodes.wrongUsage : exitCodes.failed;
}

/** What to tell the user of a failure, in one line. */
export function describeFailure(error: unknown): string {
  if (isAgentStoreError(error)) return toOneLine(error.message);
  // Not its message: it may repeat what was being read, such as a conversation.
  const name = isError(error) ? error.name : typeof error;
  const place = isError(error) ? error.stack?.match(/\n\s+(at .*)/)?.[1] : undefined;
  return toOneLine(`Something unforeseen happened: ${name}${place === undefined ? '' : ` ${place}`}.`);
}

/** Text for one line of a terminal, without the password of any URL in it. */
export function toOneLine(text: string): string {
  return withoutPasswords(text)
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(/\p{Cc}/gu, '�')
    .trim();
}

/** A URL keeps its user and its password between `//` and an `@`; a password may have any character in it. */
function withoutPasswords(text: string): string {
  return text.replace(/(\/\/)\S*@/g, '$1***@');
}
