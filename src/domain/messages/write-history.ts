import { AgentStoreError, isAgentStoreError } from '../errors.js';
import { requireLatestTurn } from '../fencing.js';
import type { StoredRecord } from '../record-store.js';
import { requireRunning } from '../store/seen-sessions.js';
import { parseHead } from './head.js';
import type { KnownHistory, StoredHead } from './head-memory.js';
import type { History, MessageCore } from './message-core.js';
import {
  type Attempt,
  type HeadChange,
  prepareHead,
  removeOwn,
  removeReplaced,
  toFingerprint,
} from './prepare-head.js';
import { hasSeen, noteAttempt, noteWritten, requireSeen } from './seen-history.js';

/** A request is sent, and sent again, for so long. */
const maxAge = 600_000;

/** How often a request is sent again that nobody has answered, and that has not taken effect. */
const maxRepeats = 4;

/** The largest head that is read. */
const maxReadBytes = 4 * 1024 * 1024;

/** A change that may or may not have taken effect. */
export class UnknownOutcome extends AgentStoreError {
  constructor(
    readonly attempts: readonly string[],
    cause: unknown,
  ) {
    super('UNAVAILABLE', 'The backend did not answer; what was sent may still take effect.', { cause });
  }
}

/** What is stored as the head, as it is now. */
export async function readHead({ records }: MessageCore, { key }: History): Promise<StoredHead | null> {
  return toStoredHead(await records.get(key, true));
}

export async function toStoredHead(record: StoredRecord | null): Promise<StoredHead | null> {
  if (record === null) return null;
  const { revision, expiresAt, token } = record;
  const stored = {
    revision,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(token !== undefined && { token }),
  };
  try {
    return { ...stored, head: parseHead(await record.read(maxReadBytes)) };
  } catch {
    return { ...stored, head: null }; // Whoever needs it says so.
  }
}

export function isErased(stored: StoredHead | null): boolean {
  return stored?.head?.isErased === true;
}

/** The error for whoever adds to what was there before an erase. Its next append begins the history anew. */
export function refuseLate(known: KnownHistory): AgentStoreError {
  known.stored = undefined;
  known.pending = undefined;
  return new AgentStoreError('CONFLICT', 'The session was erased. What is appended next begins it anew.');
}

/** True if one of these writes is, or has been, what is stored. */
export function isStored(stored: StoredHead | null, attempts: readonly string[]): boolean {
  if (stored === null) return false;
  const { revision, head } = stored;
  const written = [toFingerprint(revision), ...(head?.writers ?? []).map(([, fingerprint]) => fingerprint)];
  return written.some((fingerprint) => attempts.includes(fingerprint));
}

/**
 * Replaces the head by what a change makes of it, again as often as others come first. False if the change wanted nothing.
 *
 * @throws UnknownOutcome if no answer says whether it took effect.
 */
export async function changeHead(core: MessageCore, history: History, change: HeadChange): Promise<boolean> {
  const known = core.memory.recall(history.ids.contextId);
  const attempts = [...(change.attempts ?? [])];
  const deadline = core.settings.now() + maxAge;
  const agent = history.agent;
  let stored = await findBase(core, history, change);
  for (let tries = 0; ; tries++) {
    if (known.pending !== undefined) known.pending.isStored ||= isStored(stored, known.pending.attempts);
    if (core.settings.now() >= deadline) throw new UnknownOutcome(attempts, undefined);
    requireRunning(agent?.scope);
    requireLatestTurn(agent?.token, stored?.token);
    if (agent !== undefined && change.mustHaveSeen) requireSeen(agent, stored);
    const attempt = await prepareHead(core, history, change, stored);
    if (attempt === null) return false;
    attempts.push(toFingerprint(attempt.record.revision));
    if (agent !== undefined) noteAttempt(agent, stored, attempt.record.revision);
    const current = await send(core, history, attempt, { stored, attempts, deadline });
    if (current === 'written') {
      remember(known, attempt);
      if (agent !== undefined) noteWritten(agent, attempt.record.revision);
      if (await removeReplaced(core, history, attempt.head)) known.clean = attempt.record.revision;
      return true;
    }
    if (current !== null && isStored(current, attempts)) {
      known.stored = current;
      return true;
    }
    // No head names them, and none will: what they were written for has not been stored, and cannot be any more.
    await removeOwn(core, history, attempt.parts);
    if (change.endsWithErase && isErased(current) && !isErased(stored)) throw refuseLate(known);
    stored = current;
    known.stored = undefined;
    await wait(tries);
  }
}

/** What a change is made of first. */
async function findBase(
  core: MessageCore,
  history: History,
  { base, mustHaveSeen }: HeadChange,
): Promise<StoredHead | null> {
  const last = base === undefined ? core.memory.recall(history.ids.contextId).stored : base;
  const seen = mustHaveSeen ? history.agent?.seen : undefined;
  if (last !== undefined && (seen === undefined || hasSeen(seen, last))) return last;
  const stored = await readHead(core, history);
  if (seen?.revisions.length === 0) seen.revisions = [stored?.revision ?? null];
  return stored;
}

/** Sends a change until it is known what became of it: what is stored in its place, if it was refused. */
async function send(
  core: MessageCore,
  history: History,
  { record, expected, parts }: Attempt,
  { stored, attempts, deadline }: { stored: StoredHead | null; attempts: string[]; deadline: number },
): Promise<'written' | StoredHead | null> {
  const known = core.memory.recall(history.ids.contextId);
  for (let repeats = 0; ; repeats++) {
    try {
      const result = await core.records.put(history.key, record, expected);
      if (result.written) return 'written';
      return result.current === undefined ? await readHead(core, history) : toStoredHead(result.current);
    } catch (error) {
      known.stored = undefined;
      if (isAgentStoreError(error) && error.code !== 'UNAVAILABLE') {
        await removeOwn(core, history, parts);
        throw error;
      }
      const current = await readHead(core, history).catch(() => {
        throw new UnknownOutcome(attempts, error);
      });
      const isUnchanged = current?.revision === stored?.revision;
      if (!isUnchanged || isStored(current, attempts)) return current;
      if (repeats === maxRepeats || core.settings.now() >= deadline)
        throw new UnknownOutcome(attempts, error);
      await wait(repeats);
    }
  }
}

function remember(known: KnownHistory, { record, head }: Attempt): void {
  const { revision, expiresAt, token } = record;
  known.stored = {
    revision,
    head,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(token !== undefined && { token }),
  };
  known.written.splice(0, known.written.length, toFingerprint(revision));
}

/** Longer from time to time, and never the same for two writers that meet. */
async function wait(tries: number): Promise<void> {
  const longest = Math.min(4 * 2 ** tries, 400);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
}
