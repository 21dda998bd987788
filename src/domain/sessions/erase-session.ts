import { explainFailure } from '../errors.js';
import { fenceHistory, removeHistoryParts } from '../messages/erase-history.js';
import { requireOption } from '../options.js';
import { fenceState, removeStateParts } from '../store/erase-state.js';
import { removeKeys } from '../store/part-keys.js';
import { locateSession } from '../store/session-codec.js';
import { removeEvents, removeRequests } from '../turns/erase-turns.js';
import { removeOwner } from '../turns/owner.js';
import { findSession, type SessionRecords, subtract } from './find-session.js';
import { type HeldSession, holdSession, requireGoing, turnRuns } from './hold-session.js';
import { openSessions, type SessionCores, type SessionStores } from './session-stores.js';

/**
 * How to erase a session.
 *
 * @example
 * const options: EraseOptions = { waitSeconds: 120, onProgress: ({ step }) => console.error(step) };
 */
export interface EraseOptions {
  /**
   * How long to wait for a running turn, which is asked to stop. The lease of a process that has vanished takes 20 seconds to end unless
   * `leaseSeconds` says something else. @defaultValue 60
   */
  readonly waitSeconds?: number;
  /** Is told what is done next. */
  readonly onProgress?: (progress: EraseProgress) => void;
  /** Ends the work between two steps, as `UNAVAILABLE`. Run it again to finish. */
  readonly signal?: AbortSignal;
}

/**
 * The steps of an erase, in their order.
 *
 * @example
 * const isLast = (step: EraseStep) => step === 'look-again';
 */
export type EraseStep = 'wait' | 'look' | 'fence' | 'parts' | 'events' | 'requests' | 'owner' | 'look-again';

/**
 * What an erase does next.
 *
 * @example
 * const show = ({ contextId, step }: EraseProgress) => console.error(`${contextId}: ${step}`);
 */
export interface EraseProgress {
  readonly contextId: string;
  readonly step: EraseStep;
}

/**
 * What was found of a session, what was removed, and what was still there when it was looked for again. It is JSON, and has nothing
 * of the session in it but its id.
 *
 * @example
 * const receipt: EraseReceipt = await eraseSession(stores, contextId);
 * await writeFile(`erased-${contextId}.json`, JSON.stringify(receipt));
 */
export interface EraseReceipt {
  /** The form of the receipt. */
  readonly version: 1;
  readonly operation: 'erase' | 'verify';
  readonly agentId: string;
  readonly contextId: string;
  /** When the work began and ended, in ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** What this run has found. One that goes on with an interrupted one finds what that has left. */
  readonly found: SessionRecords;
  readonly removed: SessionRecords;
  /** What was still there at the end. */
  readonly remaining: SessionRecords;
  /** True if nothing was. */
  readonly complete: boolean;
  /** What has a smaller fencing token is refused from now on; `null` for a look. */
  readonly fencingToken: number | null;
  /** Until when the empty records stay that refuse late writers, in ISO 8601; `null` if there are none. */
  readonly fencedUntil: string | null;
}

/** How long the empty records stay: as long as the lease, by which tokens go on. */
const fenceSeconds = 7 * 86_400;

/**
 * Erases a session: its state, its history, the events and idempotency keys of its turns, and last its owner.
 *
 * A running turn is asked to stop, and waited for. Then empty records take the place of the state and of the history, so that
 * whoever has loaded the session before, and every earlier turn, is refused as `CONFLICT`; a new turn may begin it anew as soon as it
 * is erased. Interrupted anywhere, it is finished by being run again. It may be run on what is not there.
 *
 * What stays are those empty records and the released lease, with the session's id and nothing else of it, until `fencedUntil`.
 *
 * @example
 * const { complete } = await eraseSession(stores, contextId);
 *
 * @throws AgentStoreError `UNAVAILABLE` if a turn goes on for longer than `waitSeconds`, or the backend does not answer; `CONFLICT` if a
 * later turn has taken over the session; `CONFIGURATION` if the backend cannot list its records.
 */
export async function eraseSession(
  stores: SessionStores,
  contextId: string,
  options: EraseOptions = {},
): Promise<EraseReceipt> {
  const cores = openSessions(stores);
  const { waitSeconds = 60, signal, onProgress } = options;
  try {
    requireOption(
      Number.isFinite(waitSeconds) && waitSeconds >= 0,
      'waitSeconds',
      'must be a number of seconds',
    );
    onProgress?.({ contextId, step: 'wait' });
    const hold = { purpose: 'erase', waitSeconds, stopsTurn: true, signal };
    const receipt = await holdSession(stores, cores, contextId, hold, (held) =>
      eraseHeld(cores, contextId, held, { signal, onProgress }),
    );
    if (receipt === null) throw turnRuns();
    return receipt;
  } catch (error) {
    throw explain(cores, error, 'eraseSession', contextId);
  }
}

/**
 * Looks for everything that an erase removes, and removes nothing: `complete` is true if nothing is there. If the session was begun
 * anew since it was erased, what belongs to that is found.
 *
 * @example
 * const { complete, remaining } = await verifyErased(stores, contextId);
 *
 * @throws AgentStoreError `UNAVAILABLE` if the backend does not answer; `CONFIGURATION` if it cannot list its records.
 */
export async function verifyErased(stores: SessionStores, contextId: string): Promise<EraseReceipt> {
  const cores = openSessions(stores);
  const startedAt = timeOf(cores);
  try {
    const { records: found, fencedUntil } = await findSession(cores, contextId);
    return createReceipt(cores, contextId, {
      operation: 'verify',
      startedAt,
      found,
      remaining: found,
      fencingToken: null,
      fencedUntil,
    });
  } catch (error) {
    throw explain(cores, error, 'verifyErased', contextId);
  }
}

/** Erases a session that is held. */
export async function eraseHeld(
  cores: SessionCores,
  contextId: string,
  { token, requireHeld }: HeldSession,
  { signal, onProgress }: Pick<EraseOptions, 'signal' | 'onProgress'> = {},
): Promise<EraseReceipt> {
  const { states, messages, turns } = cores;
  const startedAt = timeOf(cores);
  const session = locateSession(states.settings, contextId, states.records.keyLimits);
  const expiresAt = Math.ceil(states.settings.now() / 1_000) + fenceSeconds;
  const begin = (step: EraseStep) => {
    requireGoing(signal);
    requireHeld();
    onProgress?.({ contextId, step });
  };
  begin('look');
  const found = await findSession(cores, contextId);
  begin('fence');
  const parts = await fenceState(states, session, token, expiresAt);
  await fenceHistory(messages, contextId, token, expiresAt);
  begin('parts');
  await removeStateParts(states, session, token, expiresAt, parts);
  await removeHistoryParts(messages, contextId, token, expiresAt);
  // Those that were there before the fence: who loads what has taken its place may write others, and name them.
  for (const store of ['states', 'messages', 'turns'] as const)
    await removeKeys(cores[store].records, found.unnamed[store]);
  begin('events');
  await removeEvents(turns, found.turns.events);
  begin('requests');
  await removeRequests(turns, found.turns.requests);
  begin('owner');
  await removeOwner(turns, contextId);
  begin('look-again');
  const { records: remaining } = await findSession(cores, contextId);
  return createReceipt(cores, contextId, {
    operation: 'erase',
    startedAt,
    found: found.records,
    remaining,
    fencingToken: token,
    fencedUntil: expiresAt,
  });
}

function createReceipt(
  cores: SessionCores,
  contextId: string,
  {
    operation,
    startedAt,
    found,
    remaining,
    fencingToken,
    fencedUntil,
  }: Pick<EraseReceipt, 'operation' | 'startedAt' | 'found' | 'remaining' | 'fencingToken'> & {
    readonly fencedUntil: number | undefined;
  },
): EraseReceipt {
  return {
    version: 1,
    operation,
    agentId: cores.agentId,
    contextId,
    startedAt,
    finishedAt: timeOf(cores),
    found,
    removed: subtract(found, remaining),
    remaining,
    complete: Object.values(remaining).every((count) => count === 0),
    fencingToken,
    fencedUntil: fencedUntil === undefined ? null : new Date(fencedUntil * 1_000).toISOString(),
  };
}

function timeOf({ states }: SessionCores): string {
  return new Date(states.settings.now()).toISOString();
}

function explain(
  { agentId }: SessionCores,
  error: unknown,
  operation: 'eraseSession' | 'verifyErased',
  contextId: string,
): Error {
  const failed =
    operation === 'eraseSession'
      ? `Could not erase the session ${JSON.stringify(contextId)}`
      : `Could not look for the session ${JSON.stringify(contextId)}`;
  return explainFailure(error, failed, { operation, agentId, contextId });
}
