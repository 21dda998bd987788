import { type AgentStoreErrorCode, explainFailure, isAgentStoreError } from '../errors.js';
import { requireOption } from '../options.js';
import { type CarriedSession, isNothing, isSame, readCarried, writeCarried } from './carry-session.js';
import type { CopyFailure, CopyOptions, CopyOutcome, CopyReport } from './copy-report.js';
import { eraseSession } from './erase-session.js';
import { holdSession, requireGoing } from './hold-session.js';
import { listContextIds } from './list-context-ids.js';
import { openSessions, type SessionCores, type SessionStores } from './session-stores.js';

/** After so many rounds that found something to copy, sessions change faster than they are copied. */
const maxRounds = 5;

/**
 * Copies all sessions of an agent to another backend, or to another agent: state, history and owner, as `exportSession` has them. They stay where they come
 * from.
 *
 * A session that is there already as it is is not written, so that an interrupted copy goes on by being run again. All are looked
 * at again until nothing is left to copy: what has changed meanwhile is copied again. A session that is there, and was active later, is left alone.
 *
 * @example
 * const report = await copySessions(oldStores, newStores, { onProgress: ({ done }) => console.error(done) });
 *
 * @throws AgentStoreError `UNAVAILABLE` if a backend does not answer: run it again; `CONFIGURATION` if an option cannot work, a backend cannot list its records, or a key schema cannot turn keys into ids.
 */
export async function copySessions(
  from: SessionStores,
  to: SessionStores,
  options: CopyOptions = {},
): Promise<CopyReport> {
  const source = openSessions(from);
  const { concurrency = 8, waitSeconds = 60 } = options;
  try {
    requireOption(
      Number.isSafeInteger(concurrency) && concurrency > 0,
      'concurrency',
      'must be a positive whole number',
    );
    requireOption(
      Number.isFinite(waitSeconds) && waitSeconds >= 0,
      'waitSeconds',
      'must be a number of seconds',
    );
    return await new Copy(from, to, source, openSessions(to), { ...options, concurrency, waitSeconds }).run();
  } catch (error) {
    const details = { operation: 'copySessions', agentId: source.agentId } as const;
    throw explainFailure(error, 'Could not copy the sessions', details);
  }
}

/** Codes that say something about the backend, and not about one session. */
const fatalCodes: readonly AgentStoreErrorCode[] = ['UNAVAILABLE', 'CONFIGURATION'];

interface Look {
  readonly outcome: CopyOutcome;
  readonly here: CarriedSession | null;
  readonly there: CarriedSession | null;
}

const unknown = { here: null, there: null };

class Copy {
  /** The sessions that this run has written. */
  readonly #written = new Set<string>();
  #copied = 0;

  constructor(
    private readonly from: SessionStores,
    private readonly to: SessionStores,
    private readonly source: SessionCores,
    private readonly target: SessionCores,
    private readonly options: CopyOptions & Required<Pick<CopyOptions, 'concurrency' | 'waitSeconds'>>,
  ) {}

  async run(): Promise<CopyReport> {
    for (let round = 1; ; round++) {
      const { report, isSettled } = await this.#runRound(round);
      if (isSettled || round === maxRounds) return report;
    }
  }

  async #runRound(round: number) {
    const { concurrency, signal, onProgress } = this.options;
    const counts = { from: { sessions: 0, messages: 0 }, to: { sessions: 0, messages: 0 } };
    const kept: string[] = [];
    const failed: CopyFailure[] = [];
    const gone = new Set(this.#written);
    let isSettled = true;
    let done = 0;
    const tell = (contextId: string, outcome: CopyOutcome) => {
      if (outcome === 'kept') kept.push(contextId);
      isSettled &&= outcome === 'same' || outcome === 'kept' || outcome === 'failed';
      onProgress?.({ round, done: ++done, contextId, outcome });
    };
    const copyOne = async (contextId: string) => {
      const look = await this.#copy(contextId, failed);
      if (look === null) return;
      gone.delete(contextId);
      addTo(counts.from, look.here);
      addTo(counts.to, look.there);
      tell(contextId, look.outcome);
    };
    for await (const contextIds of listContextIds(this.source)) {
      for (let start = 0; start < contextIds.length; start += concurrency) {
        requireGoing(signal);
        const batch = contextIds.slice(start, start + concurrency).map(copyOne);
        // All of them have ended before the copy does, whatever one of them comes to.
        await Promise.allSettled(batch);
        await Promise.all(batch);
      }
    }
    for (const contextId of gone) {
      await eraseSession(this.to, contextId);
      this.#written.delete(contextId);
      tell(contextId, 'removed');
    }
    const complete = isSettled && kept.length + failed.length === 0;
    return { isSettled, report: { ...counts, copied: this.#copied, kept, failed, complete } };
  }

  /** Makes one session there what it is here; `null` if there is none here. */
  async #copy(contextId: string, failed: CopyFailure[]): Promise<Look | null> {
    try {
      const here = await readCarried(this.source, contextId);
      if (here === null) return { outcome: 'changing', ...unknown };
      if (isNothing(here)) return null;
      const there = await readCarried(this.target, contextId);
      if (there === null) return { outcome: 'changing', here, there };
      if (isSame(here, there)) return { outcome: 'same', here, there };
      if (isNewer(there, here)) return { outcome: 'kept', here, there };
      const isWritten = await this.#write(contextId, here);
      return isWritten ? { outcome: 'copied', here, there: here } : { outcome: 'changing', here, there };
    } catch (error) {
      if (!isAgentStoreError(error) || fatalCodes.includes(error.code)) throw error;
      failed.push({ contextId, code: error.code, message: error.message });
      return { outcome: 'failed', ...unknown };
    }
  }

  /** `null` if a turn of the session goes on there. */
  async #write(contextId: string, carried: CarriedSession): Promise<boolean | null> {
    const { signal, waitSeconds } = this.options;
    const hold = { purpose: 'copy', waitSeconds, stopsTurn: false, signal };
    return holdSession(this.to, this.target, contextId, hold, async ({ token, requireHeld }) => {
      await writeCarried(this.target, contextId, token, carried, requireHeld);
      this.#written.add(contextId);
      this.#copied++;
      return true;
    });
  }
}

/** True if a session was active later than another one. */
function isNewer(one: CarriedSession, other: CarriedSession): boolean {
  const [at, otherAt] = [one, other].map(({ state }) => state?.lastActivity.getTime() ?? 0);
  return Number(at) > Number(otherAt);
}

function addTo(count: { sessions: number; messages: number }, carried: CarriedSession | null): void {
  if (carried === null || isNothing(carried)) return;
  count.sessions++;
  for (const { messages } of carried.history) count.messages += messages.length;
}
