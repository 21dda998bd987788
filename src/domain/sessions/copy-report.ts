import type { AgentStoreErrorCode } from '../errors.js';

/**
 * How to copy sessions.
 *
 * @example
 * const options: CopyOptions = { onProgress: ({ done, contextId }) => console.error(done, contextId) };
 */
export interface CopyOptions {
  /** So many sessions are copied side by side. @defaultValue 8 */
  readonly concurrency?: number;
  /**
   * How long to wait for a turn of the session in the target. That of an interrupted copy ends by itself within 20 seconds.
   *
   * @defaultValue 60
   */
  readonly waitSeconds?: number;
  /** Is told what became of each session, each time that it is looked at. */
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Ends the work between two sessions, as `UNAVAILABLE`. Run it again to go on. */
  readonly signal?: AbortSignal;
}

/**
 * What became of a session:
 *
 * - `copied`: it is there now as it was.
 * - `same`: it was there already, as it is.
 * - `kept`: another one is there under its id that was active later, which stays.
 * - `changing`: others changed it faster than it could be read, or a turn of it runs in the target. It is looked at again.
 * - `removed`: it was copied, and is gone from the source since: so is the copy.
 * - `failed`: it cannot be carried; the report says why.
 *
 * @example
 * const isThere = (outcome: CopyOutcome) => outcome === 'copied' || outcome === 'same';
 */
export type CopyOutcome = 'copied' | 'same' | 'kept' | 'changing' | 'removed' | 'failed';

/**
 * What became of one session.
 *
 * @example
 * const show = ({ round, done, outcome }: CopyProgress) => console.error(`${round}: ${done} ${outcome}`);
 */
export interface CopyProgress {
  /** All sessions are looked at once a round, until a round finds nothing to copy. Counted from 1. */
  readonly round: number;
  /** How many sessions were looked at in this round. */
  readonly done: number;
  readonly contextId: string;
  readonly outcome: CopyOutcome;
}

/**
 * How much there is on one side.
 *
 * @example
 * const isEmpty = ({ sessions }: CopyCount) => sessions === 0;
 */
export interface CopyCount {
  readonly sessions: number;
  readonly messages: number;
}

/**
 * A session that could not be copied.
 *
 * @example
 * const show = ({ contextId, code, message }: CopyFailure) => console.error(contextId, code, message);
 */
export interface CopyFailure {
  readonly contextId: string;
  readonly code: AgentStoreErrorCode;
  readonly message: string;
}

/**
 * What a copy has come to. It is JSON.
 *
 * @example
 * const { complete, from, to }: CopyReport = await copySessions(oldStores, newStores);
 */
export interface CopyReport {
  /** How much there was in the source in the last round. */
  readonly from: CopyCount;
  /** How much of these sessions there was in the target then. */
  readonly to: CopyCount;
  /** How many times a session was written. */
  readonly copied: number;
  /** The sessions that were left as they are there, since they were active later. */
  readonly kept: readonly string[];
  readonly failed: readonly CopyFailure[];
  /** True if the last round has found each session there as it is. */
  readonly complete: boolean;
}
