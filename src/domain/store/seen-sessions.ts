import type { AgentScope } from '../agent-scope.js';
import type { AgentState } from '../agent-state.js';
import type { StateChange } from '../agent-store.js';
import { AgentStoreError, isAgentStoreError } from '../errors.js';
import { isOvertaken, keepToken, laterToken, overtaken, requireLatestTurn } from '../fencing.js';
import type { Expectation, NewRecord, RefusedWrite, StoredRecord, WriteResult } from '../record-store.js';
import { holdFailure } from './call-queue.js';
import { type Block, ContextMemory, neverSeen, type SeenContext } from './context-memory.js';
import { deleteSession, finishDelete } from './delete-session.js';
import { extendLineage, hasDescended } from './revision.js';
import {
  createRecord,
  type SerializedSession,
  type Session,
  serializeState,
  toExpectation,
} from './session-codec.js';
import { readRecord, readSession, removeUnnamed, writeSession } from './session-records.js';
import type { StoreCore } from './store-core.js';

/** Writes of unknown outcome that are remembered at a time; an outage seldom makes more than one. */
const maxAttempts = 16;

const reasons: Readonly<Record<Block, string>> = {
  'load-failed': 'The last load of this session failed, so what a save would replace is not known.',
  conflict: 'An earlier save of this session met what somebody else had stored.',
  deleted: 'This holder has deleted the session.',
  forgotten: 'More sessions had saves refused than are remembered, and this may be one of them.',
};

/** Who makes a call: the memory of its holder, and the scope of the agent and the token of its turn, if it has them. */
export interface Caller {
  readonly memory: ContextMemory;
  readonly scope: AgentScope | undefined;
  readonly token: number | undefined;
}

/** Loads a session, and remembers what the caller has seen. */
export async function loadSession(
  core: StoreCore,
  session: Session,
  { memory }: Caller,
): Promise<AgentState | null> {
  const { contextId } = session.ids;
  const known = memory.recall(contextId);
  try {
    const { state, seen, isDeleted } = await readSession(core, session);
    if (isDeleted && seen.revision !== null)
      await finishDelete(core, session, seen.revision, seen.parts?.replaced ?? []);
    memory.remember(contextId, keepAttempts(isDeleted ? neverSeen : seen, known));
    return state;
  } catch (error) {
    memory.remember(contextId, { ...known, block: 'load-failed' });
    throw error;
  }
}

/**
 * Saves over what the caller has seen.
 *
 * @param isUpdate - True to compare revisions, whatever the store does otherwise.
 */
export async function saveSession(
  core: StoreCore,
  session: Session,
  caller: Caller,
  serialized: SerializedSession,
  isUpdate = false,
): Promise<void> {
  const { memory, scope, token } = caller;
  const { contextId } = session.ids;
  requireRunning(scope);
  const seen = memory.recall(contextId);
  if (seen.block !== undefined)
    throw new AgentStoreError('CONFLICT', `${reasons[seen.block]} Load it first.`);
  const isConditional = core.settings.optimistic || isUpdate;
  const lineage = isConditional && seen.revision !== null ? extendLineage(seen.lineage, seen.revision) : '';
  const kept = keepToken(token, seen.token);
  const base = { previous: seen.revision ?? '', lineage, token: kept };
  const record = createRecord(core, serialized, base);
  // If the last write wins, nothing is compared, but for a token: the writer's own, or one that it would not know to keep.
  const isCompared = isConditional || token !== undefined || seen.revision === null;
  const expected = isCompared ? expectSeen(seen, record.updatedAt, token) : null;
  const written: string[] = [];
  let result: WriteResult;
  try {
    result = await writeSession(core, session, { record, expected, known: seen.parts, written });
  } catch (error) {
    memory.remember(contextId, withAttempt(seen, record, written));
    throw error;
  }
  // A record in the way may be this very write, or have come from it: its answer was lost, and the client sent it again.
  if (result.written || hasTakenEffect(result.current, record.revision)) {
    const parts = toReplaceNext(seen, written);
    const { attempts } = neverSeen;
    memory.remember(contextId, { revision: record.revision, lineage, attempts, token: kept, parts });
    return;
  }
  await removeUnnamed(core, session, written);
  if (isConditional) {
    memory.remember(contextId, { ...seen, block: 'conflict' });
    throw await describeConflict(core, session, seen, token, result);
  }
  const stored = result.current ?? (await core.records.get(session.key, true));
  requireLatestTurn(token, stored?.token);
  memory.remember(contextId, { ...seen, revision: stored?.revision ?? null, token: stored?.token });
  return saveSession(core, session, caller, serialized);
}

/** That what is stored is what was seen; `null` if it has no revision that can be expected. */
function expectSeen(
  { revision, attempts }: SeenContext,
  now: number,
  token: number | undefined,
): Expectation | null {
  return revision === '' ? null : toExpectation([revision, ...attempts], now, token);
}

/** Deletes a session, whoever has saved it, but for a later turn. */
export async function removeSession(
  core: StoreCore,
  session: Session,
  { memory, scope, token }: Caller,
): Promise<void> {
  const { contextId } = session.ids;
  requireRunning(scope);
  // Before it has an answer: if that is lost, the state may be gone, and a late save must not bring it back.
  memory.remember(contextId, { ...memory.recall(contextId), block: 'deleted' });
  try {
    await deleteSession(core, session, token);
  } catch (error) {
    const isRefused = isAgentStoreError(error, 'CONFLICT');
    if (isRefused) memory.remember(contextId, { ...memory.recall(contextId), block: 'conflict' });
    throw error;
  }
}

/** Loads, changes and saves a session through a holder of its own, again until no other write comes in between. */
export async function updateSession(
  core: StoreCore,
  session: Session,
  { scope, token }: Caller,
  change: StateChange,
): Promise<AgentState | null> {
  const { calls } = core;
  const { contextId } = session.ids;
  for (;;) {
    const caller = { memory: new ContextMemory(1), scope, token };
    const state = await calls.run(contextId, () => loadSession(core, session, caller));
    requireLatestTurn(token, caller.memory.recall(contextId).token);
    const changed = await change(state);
    if (changed === null || changed === undefined) return null;
    const data = holdFailure(serializeState(core, changed, session.ids));
    try {
      await calls.run(contextId, async () => saveSession(core, session, caller, await data(), true));
      return changed;
    } catch (error) {
      requireRunning(scope);
      if (isAgentStoreError(error, 'CONFLICT')) continue;
      if (await isSettled(core, session, caller.memory)) return changed;
      throw error;
    }
  }
}

/** True if a write of unknown outcome proves to have taken effect. */
async function isSettled(core: StoreCore, { ids, key }: Session, memory: ContextMemory): Promise<boolean> {
  const { attempts } = memory.recall(ids.contextId);
  if (attempts.length === 0) return false;
  try {
    const record = (await core.records.get(key, true)) ?? undefined;
    return attempts.some((revision) => hasTakenEffect(record, revision));
  } catch {
    // The outcome stays unknown, and the caller gets the failure of the save.
    return false;
  }
}

async function describeConflict(
  core: StoreCore,
  session: Session,
  seen: SeenContext,
  token: number | undefined,
  refusal: RefusedWrite,
): Promise<AgentStoreError> {
  const changed =
    seen.revision === null
      ? 'A state is stored that this holder has not loaded. Load it first.'
      : 'Somebody else has saved or deleted this session since it was loaded. Load it again.';
  const message = isOvertaken(token, refusal.current?.token) ? overtaken : changed;
  const current = await findWinner(core, session, refusal.current);
  return new AgentStoreError('CONFLICT', message, { cause: refusal.cause, current });
}

async function findWinner(
  core: StoreCore,
  session: Session,
  record: StoredRecord | undefined,
): Promise<AgentState | undefined> {
  try {
    return (await readRecord(core, session, record ?? null))?.state ?? undefined;
  } catch {
    // It is a conflict even if its winner cannot be read. The load that must follow says why.
    return undefined;
  }
}

/** @throws AgentStoreError `CONFLICT` once the agent has been stopped. */
export function requireRunning(scope: AgentScope | undefined): void {
  if (scope?.isRevoked)
    throw new AgentStoreError(
      'CONFLICT',
      'The agent that saves has been stopped. Another one may run the session.',
    );
}

function hasTakenEffect(record: StoredRecord | undefined, revision: string): boolean {
  if (record === undefined) return false;
  return record.revision === revision || hasDescended(record.lineage ?? '', revision);
}

/** What is known after a load: also the writes of unknown outcome, since one of them may still arrive. */
function keepAttempts(seen: SeenContext, { attempts, token }: SeenContext): SeenContext {
  return attempts.length === 0 ? seen : { ...seen, attempts, token: laterToken(seen.token, token) };
}

/** What is known after a write that may have taken effect. */
function withAttempt(
  seen: SeenContext,
  { revision, token }: NewRecord,
  written: readonly string[],
): SeenContext {
  const attempts = [...seen.attempts, revision].slice(-maxAttempts);
  const known = { ...seen, attempts, token: laterToken(seen.token, token) };
  if (seen.parts === undefined && written.length === 0) return known;
  const { current = [], replaced = [] } = seen.parts ?? {};
  return { ...known, parts: { current: [...current, ...written], replaced } };
}

/** The parts of the new record, which the next save replaces, and those that it has replaced itself. */
function toReplaceNext({ parts }: SeenContext, written: readonly string[]): SeenContext['parts'] {
  const replaced = parts?.current ?? [];
  return replaced.length + written.length === 0 ? undefined : { current: written, replaced };
}
