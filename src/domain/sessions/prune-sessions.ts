import { explainFailure, isAgentStoreError } from '../errors.js';
import type { RecordKey } from '../key-schema.js';
import { listKeys } from '../list-keys.js';
import { isErased, toStoredHead } from '../messages/write-history.js';
import { requireOption } from '../options.js';
import type { StoredRecord } from '../record-store.js';
import { isFence } from '../store/erase-state.js';
import { findRecord } from '../store/find-record.js';
import { requireRange } from '../store/list-sessions.js';
import { isDate } from '../values/built-in.js';
import { eraseHeld } from './erase-session.js';
import { holdSession, requireGoing } from './hold-session.js';
import { findLastActivity } from './last-activity.js';
import { listContextIds } from './list-context-ids.js';
import { findOrphanedParts } from './orphaned-parts.js';
import { openSessions, type SessionCores, type SessionStores } from './session-stores.js';

/**
 * What to prune.
 *
 * @example
 * const options: PruneOptions = { olderThan: new Date(Date.now() - 90 * 86_400_000), dryRun: false };
 */
export interface PruneOptions {
  /** Sessions that were last active before it are erased. */
  readonly olderThan: Date;
  /** True to remove nothing, and to say what would be. @defaultValue `true` */
  readonly dryRun?: boolean;
  /** Is told what becomes of each session. */
  readonly onProgress?: (progress: PruneProgress) => void;
  /** Ends the work between two sessions, as `UNAVAILABLE`. Run it again to go on. */
  readonly signal?: AbortSignal;
}

/**
 * What became of a session:
 *
 * - `old`: it was erased, or would be.
 * - `active`: it stays.
 * - `in-use`: it was old, and somebody uses it: it stays.
 * - `unreadable`: something of it cannot be read: it stays, until it is erased by its id.
 *
 * @example
 * const stays = (outcome: PruneOutcome) => outcome !== 'old';
 */
export type PruneOutcome = 'old' | 'active' | 'in-use' | 'unreadable';

/**
 * What became of one session.
 *
 * @example
 * const show = ({ done, contextId, outcome }: PruneProgress) => console.error(done, contextId, outcome);
 */
export interface PruneProgress {
  /** How many sessions were looked at. */
  readonly done: number;
  readonly contextId: string;
  readonly outcome: PruneOutcome;
}

/**
 * What was pruned, or would be. It is JSON.
 *
 * @example
 * const { sessions }: PruneReport = await pruneSessions(stores, { olderThan: new Date('2026-01-01') });
 */
export interface PruneReport {
  readonly dryRun: boolean;
  /** In ISO 8601. */
  readonly olderThan: string;
  /** The ids of the sessions that were erased. */
  readonly sessions: readonly string[];
  /** Old ones that somebody uses. */
  readonly inUse: readonly string[];
  /** Those of which something cannot be read. */
  readonly unreadable: readonly string[];
  /** How many empty records of erased sessions had outlived their time. */
  readonly emptyRecords: number;
  /** How many parts were older than a day that nothing names; `null` if that could not be told. */
  readonly orphanedParts: number | null;
}

/**
 * Erases the sessions of an agent that were last active before a time, as `eraseSession` does; and removes what has been left behind: parts of
 * killed writes that are older than a day, and empty records that have outlived their time. A dry run removes nothing, unless
 * `dryRun` is `false`.
 *
 * A session counts as active by its state (`lastActivity`) and its newest message; what has expired, until it has. It is looked at
 * again once nobody else can change it. One that runs a turn stays.
 *
 * @example
 * const report = await pruneSessions(stores, { olderThan: new Date(Date.now() - 90 * 86_400_000), dryRun: false });
 *
 * @throws AgentStoreError `UNAVAILABLE` if the backend does not answer: run it again; `CONFIGURATION` if it cannot list its records.
 */
export async function pruneSessions(stores: SessionStores, options: PruneOptions): Promise<PruneReport> {
  const cores = openSessions(stores);
  const { olderThan, dryRun = true } = options;
  try {
    const isTime = isDate(olderThan) && !Number.isNaN(olderThan.getTime());
    requireOption(isTime, 'olderThan', 'must be a valid Date');
    const ids: Record<PruneOutcome, string[]> = { old: [], active: [], 'in-use': [], unreadable: [] };
    for await (const contextIds of listContextIds(cores)) {
      for (const contextId of contextIds) {
        requireGoing(options.signal);
        const outcome = await pruneOne(stores, cores, contextId, { ...options, dryRun });
        ids[outcome].push(contextId);
        const done = Object.values(ids).reduce((sum, { length }) => sum + length, 0);
        options.onProgress?.({ done, contextId, outcome });
      }
    }
    return {
      dryRun,
      olderThan: olderThan.toISOString(),
      sessions: ids.old,
      inUse: ids['in-use'],
      unreadable: ids.unreadable,
      emptyRecords: await pruneEmptyRecords(cores, dryRun),
      orphanedParts: await pruneOrphanedParts(cores, dryRun),
    };
  } catch (error) {
    const details = { operation: 'pruneSessions', agentId: cores.agentId } as const;
    throw explainFailure(error, 'Could not prune the sessions', details);
  }
}

async function pruneOne(
  stores: SessionStores,
  cores: SessionCores,
  contextId: string,
  { olderThan, dryRun, signal }: PruneOptions,
): Promise<PruneOutcome> {
  const isOld = async () => {
    const time = await findLastActivity(cores, contextId);
    return time !== null && time < olderThan.getTime();
  };
  try {
    if (!(await isOld())) return 'active';
    if (dryRun) return 'old';
    const hold = { purpose: 'prune', waitSeconds: 0, stopsTurn: false, signal };
    const outcome = await holdSession(stores, cores, contextId, hold, async (held) => {
      if (!(await isOld())) return 'in-use';
      await eraseHeld(cores, contextId, held);
      return 'old';
    });
    return outcome ?? 'in-use';
  } catch (error) {
    if (isAgentStoreError(error, 'CORRUPTED')) return 'unreadable';
    throw error;
  }
}

/** Backends remove what has expired themselves, but for memory, and tables without an expiry. */
async function pruneEmptyRecords(cores: SessionCores, dryRun: boolean): Promise<number> {
  const { states, messages } = cores;
  let count = 0;
  for (const core of [states, messages]) {
    const { partition, prefix } = requireRange(core);
    const now = core.settings.now();
    for await (const sorts of listKeys(core.records, partition, prefix)) {
      for (const sort of sorts) {
        const key = { partition, sort };
        const record = await findOutlived(cores, core === states, key, now);
        if (record === null) continue;
        count++;
        const expected = { absent: true, revisions: [record.revision], now };
        if (!dryRun) await core.records.delete(key, expected);
      }
    }
  }
  return count;
}

/** What an erase has left under a key, if its time is over. */
async function findOutlived(
  { states, messages }: SessionCores,
  isState: boolean,
  key: RecordKey,
  now: number,
): Promise<StoredRecord | null> {
  const record = await findRecord((isState ? states : messages).records, key);
  if (record?.expiresAt === undefined || record.expiresAt * 1_000 > now) return null;
  const isEmpty = isState ? await isFence(states, record) : isErased(await toStoredHead(record));
  return isEmpty ? record : null;
}

async function pruneOrphanedParts(cores: SessionCores, dryRun: boolean): Promise<number | null> {
  const orphans = await findOrphanedParts(cores);
  if (orphans !== null && !dryRun) for (const key of orphans) await cores.states.records.delete(key, null);
  return orphans?.length ?? null;
}
