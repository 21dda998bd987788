import { isAgentStoreError } from '../../src/domain/errors.js';

/** Something the user can set right; its message says what, in one line. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}

/** What to tell the user in one line, or `undefined` for a failure that nobody has foreseen. */
export function explainStartup(error: unknown): string | undefined {
  if (error instanceof StartupError || isAgentStoreError(error)) return error.message;
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if (error.code === 'EADDRINUSE')
    return 'The port is in use. Stop what listens there, or set PORT to another.';
  if (error.code === 'EACCES') return `No permission: ${error.message}. Set PORT to one above 1023.`;
  return undefined;
}
