import assert from 'node:assert/strict';
import type { AgentState } from '../domain/agent-state.js';
import type { AgentStore } from '../domain/agent-store.js';
import { type AgentStoreErrorCode, isAgentStoreError } from '../domain/errors.js';
import { isError } from '../domain/values/built-in.js';

/** The ids that most cases use. */
export const ids = { agentId: 'support', contextId: 'session-1' } as const;

/** A state of the kind that a finished turn leaves behind. */
export function createState(
  turnCount = 1,
  fields: Partial<AgentState> & Record<string, unknown> = {},
): AgentState {
  return {
    status: 'idle',
    turnCount,
    createdAt: new Date('2026-05-01T08:00:00.000Z'),
    lastActivity: new Date('2026-05-02T10:00:00.123Z'),
    pendingToolInputs: undefined,
    pendingAuthRequests: undefined,
    ...fields,
  };
}

/** A clock that moves when it is told to. */
export function createClock(start = 1_800_000_000_000) {
  let time = start;
  return {
    now: () => time,
    advance: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

/** Asserts that a call fails with a code, and gives its error. */
export async function assertFails(call: Promise<unknown>, code: AgentStoreErrorCode): Promise<Error> {
  const outcome = await call.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  const said = isError(outcome) ? `${outcome.name}: ${outcome.message}` : String(outcome);
  assert.ok(isAgentStoreError(outcome, code), `The call should have failed with ${code}, but: ${said}`);
  return outcome;
}

/** Asserts how many turns the stored state counts, by a store that has seen nothing before. */
export async function assertStoredTurns(fresh: AgentStore, expected: number | null): Promise<void> {
  const state = await fresh.load(ids.contextId);
  assert.equal(state?.turnCount ?? null, expected, 'The stored state is not the one expected.');
}

/** Asserts a conflict whose error carries the state that won, hidden from logs; no state if `winner` is `null`. */
export async function assertConflict(call: Promise<unknown>, winner: number | null): Promise<void> {
  const error = await assertFails(call, 'CONFLICT');
  const current: unknown = Reflect.get(error, 'current');
  if (winner === null) assert.equal(current, undefined);
  else assert.equal(Reflect.get(Object(current), 'turnCount'), winner);
  assert.ok(!Object.keys(error).includes('current'), 'The winner must not be enumerable.');
}
