import type { SerializedError } from '../domain/agent-state.js';
import { isAgentStoreError } from '../domain/errors.js';
import { AgentError } from './agent-error.js';

/** An error as a state keeps it, without its stack. */
export function serializeError(thrown: unknown): SerializedError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown) };
  const code = codeOf(thrown);
  return { name: thrown.name, message: thrown.message, ...(code && { code }) };
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof AgentError || isAgentStoreError(error) ? error.code : undefined;
}
