import type { AgentScope } from './agent-scope.js';
import { AgentStoreError } from './errors.js';

/** The token that an agent writes with, if it has one. Its scope may be of another copy of this package. */
export function fencingTokenOf(scope: AgentScope | undefined): number | undefined {
  const token = scope?.fencingToken;
  return isToken(token) ? token : undefined;
}

/** The token of a new record: the writer's own, or without one that of the record it replaces. */
export function keepToken(own: number | undefined, stored: number | undefined): number | undefined {
  return own ?? (isToken(stored) ? stored : undefined);
}

/** The larger of two tokens. */
export function laterToken(one: number | undefined, other: number | undefined): number | undefined {
  return one !== undefined && other !== undefined ? Math.max(one, other) : (one ?? other);
}

/** True if a later turn than the writer's has written what is stored. */
export function isOvertaken(own: number | undefined, stored: number | undefined): boolean {
  return own !== undefined && stored !== undefined && stored > own;
}

/** @throws AgentStoreError `CONFLICT` if a later turn has written what is stored. */
export function requireLatestTurn(own: number | undefined, stored: number | undefined): void {
  if (isOvertaken(own, stored)) throw new AgentStoreError('CONFLICT', overtaken);
}

export const overtaken = 'A later turn has taken over the session.';

function isToken(token: unknown): token is number {
  return Number.isSafeInteger(token) && Number(token) >= 0;
}
