import { type AgentScope, currentAgentScope } from '../agent-scope.js';
import { AgentStoreError } from '../errors.js';
import { fencingTokenOf } from '../fencing.js';
import type { StoredHead } from './head-memory.js';

/** What an agent has seen of a history. */
export interface SeenHistory {
  /** The revision that it has last read or written, `null` for no history, and those of its writes since whose answers were lost. */
  revisions: readonly (string | null)[];
  /** The token of the last turn that has appended something. */
  begun?: number | undefined;
}

/** The agent that makes a call, and the token of its turn, if it has one. */
export interface CallingAgent {
  readonly scope: AgentScope;
  readonly token: number | undefined;
  readonly seen: SeenHistory;
}

/** Writes of unknown outcome that are remembered at a time. */
const maxAttempts = 16;

/** The agent in whose scope this is called, if there is one. */
export function findCallingAgent(recall: (scope: AgentScope) => SeenHistory): CallingAgent | undefined {
  const scope = currentAgentScope();
  return scope === undefined ? undefined : { scope, token: fencingTokenOf(scope), seen: recall(scope) };
}

/** True if a turn that has a token has appended nothing yet. */
export function isTurnStart(agent: CallingAgent | undefined): agent is CallingAgent {
  return agent?.token !== undefined && agent.seen.begun !== agent.token;
}

export function hasSeen({ revisions }: SeenHistory, stored: StoredHead | null): boolean {
  return revisions.includes(stored?.revision ?? null);
}

/**
 * What a turn starts from is what its agent has seen, and nothing else. Later it adds to whatever others have written.
 *
 * @throws AgentStoreError `CONFLICT` if something else is stored.
 */
export function requireSeen({ seen }: CallingAgent, stored: StoredHead | null): void {
  if (hasSeen(seen, stored)) return;
  const message =
    'Another turn has written to the history since this one has read it. Start over from a fresh read.';
  throw new AgentStoreError('CONFLICT', message);
}

/** Notes what a read has found, unless the agent has seen something else since the read began. */
export function startRead({ seen }: CallingAgent): (stored: StoredHead | null) => void {
  let before = seen.revisions;
  return (stored) => {
    if (seen.revisions !== before) return;
    before = [stored?.revision ?? null];
    seen.revisions = before;
  };
}

/** A write that is about to be sent. If it replaces what others have written, the agent has not seen what it leads to. */
export function noteAttempt({ seen }: CallingAgent, stored: StoredHead | null, revision: string): void {
  if (hasSeen(seen, stored)) seen.revisions = [...seen.revisions, revision].slice(-maxAttempts);
}

/** A write that has been answered. */
export function noteWritten({ seen }: CallingAgent, revision: string): void {
  if (seen.revisions.length === 0 || seen.revisions.includes(revision)) seen.revisions = [revision];
}
