import { AgentStoreError, isAgentStoreError } from '../errors.js';
import { keepToken, requireLatestTurn } from '../fencing.js';
import type { Expectation, NewRecord, StoredRecord } from '../record-store.js';
import type { Attributes } from '../store/agent-store-options.js';
import { requireRunning } from '../store/seen-sessions.js';
import { toExpectation } from '../store/session-codec.js';
import { toStateText } from '../values/text.js';
import { addWriter, type CreatePart, createHead, dropExpired, headExpiry } from './build-head.js';
import { formatHead, type Head, hasExpired, parseHead, type Ref } from './head.js';
import type { KnownHistory, StoredHead } from './head-memory.js';
import { corrupted, type History, type MessageCore, nextRevision } from './message-core.js';
import { bytesOf, removeParts, writePart } from './message-parts.js';
import { hasSeen, noteAttempt, noteWritten, requireSeen } from './seen-history.js';

/** A request is sent, and sent again, for so long. */
const maxAge = 600_000;

/** How often a request is sent again that nobody has answered, and that has not taken effect. */
const maxRepeats = 4;

/** The largest head that is read. */
const maxReadBytes = 4 * 1024 * 1024;

/** Makes a new head of the stored one; `null` leaves it as it is. It may run again on what others have stored since. */
export interface HeadChange {
  /** What is kept beside it, as values of the user's own. */
  readonly attributes: Attributes | undefined;
  /** What is replaced first, if it is not what is stored by the last that is known. */
  readonly base?: StoredHead | null | undefined;
  /** True to take the place of a head that cannot be read. */
  readonly replacesUnreadable?: boolean;
  /** True if it must not be made of anything that the agent has not seen. One that has seen nothing sees what is stored. */
  readonly mustHaveSeen?: boolean;
  /** Earlier attempts at the same change. */
  readonly attempts?: readonly string[];
  make(head: Head, revision: string, createPart: CreatePart): Promise<Head | null>;
}

/** A change that may or may not have taken effect. */
export class UnknownOutcome extends AgentStoreError {
  constructor(
    readonly attempts: readonly string[],
    cause: unknown,
  ) {
    super('UNAVAILABLE', 'The backend did not answer; what was sent may still take effect.', { cause });
  }
}

interface Attempt {
  readonly record: NewRecord;
  readonly head: Head;
  readonly expected: Expectation | null;
  readonly parts: readonly Ref[];
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
    const attempt = await prepare(core, history, change, stored);
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
    stored = current;
    known.stored = current ?? undefined;
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

/** A record for the head that a change makes, and the parts that it names, which are written. */
async function prepare(
  core: MessageCore,
  history: History,
  change: HeadChange,
  stored: StoredHead | null,
): Promise<Attempt | null> {
  const { settings, memory } = core;
  const known = memory.recall(history.ids.contextId);
  const now = settings.now();
  const isGone = stored === null || hasExpired(stored.expiresAt ?? 0, now);
  if (stored?.head === null && !isGone && !change.replacesUnreadable) throw corrupted(history.key, undefined);
  const revision = await nextRevision(core, `${history.key.sort}${stored?.revision ?? ''}`);
  const base = (isGone ? null : stored.head) ?? createHead(revision);
  const isClean = known.clean === stored?.revision || (await removeReplaced(core, history, base));
  const parts: Ref[] = [];
  const createPart: CreatePart = async (ref, data) => {
    const name = (await nextRevision(core, String(toStateText(data)))).slice(0, 16);
    const part = { ...ref, name, bytes: bytesOf(data), slices: 1 };
    parts.push(part);
    const written = await writePart(core, history, part, data);
    parts.splice(-1, 1, written);
    return written;
  };
  try {
    const left = isClean ? { ...base, replaced: [] } : base;
    const made = await change.make(dropExpired(left, now), revision, createPart);
    if (made === null) return null;
    const head = {
      ...made,
      writers: addWriter(made.writers, toWriter(known, base), toFingerprint(revision)),
    };
    known.written.push(toFingerprint(revision));
    const token = history.agent?.token;
    const record = toRecord(core, change, { head, revision, token: keepToken(token, stored?.token) });
    return { head, parts, record, expected: toExpected(stored, isGone, now, token) };
  } catch (error) {
    await removeOwn(core, history, parts);
    throw error;
  }

  function toWriter({ writer, written }: KnownHistory, { writers }: Head): string {
    const ours = writers.find(([id]) => id === writer)?.[1];
    if (writer !== undefined && (ours === undefined || written.includes(ours))) return writer;
    // It has none yet; or another process goes by it, since one of the two was copied from the other while it ran.
    known.written.length = 0;
    known.writer = toFingerprint(revision);
    return known.writer;
  }
}

function toRecord(
  { settings }: MessageCore,
  { attributes }: HeadChange,
  { head, revision, token }: { head: Head; revision: string; token: number | undefined },
): NewRecord {
  const updatedAt = settings.now();
  const ifEmpty = settings.ttlSeconds === null ? 0 : Math.ceil(updatedAt / 1000 + settings.ttlSeconds);
  const expiresAt = headExpiry(head, ifEmpty);
  const data = formatHead(head);
  return {
    revision,
    updatedAt,
    entityType: 'agent-messages',
    data,
    text: toStateText(data),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(token !== undefined && { token }),
    ...(attributes !== undefined && { attributes }),
  };
}

/** What must be stored for a change: what it was made of. What has no revision that can be expected is replaced as it is. */
function toExpected(
  stored: StoredHead | null,
  isGone: boolean,
  now: number,
  token: number | undefined,
): Expectation | null {
  if (stored === null || isGone) return toExpectation([null], now, token);
  return stored.revision === '' ? null : toExpectation([stored.revision], now, token);
}

/** Removes the parts that a head names as replaced. True if none is left; the next writer tries again what could not be removed. */
async function removeReplaced(core: MessageCore, history: History, { replaced }: Head): Promise<boolean> {
  const removed = await Promise.allSettled(replaced.map((ref) => removeParts(core, history, [ref])));
  return removed.every(({ status }) => status === 'fulfilled');
}

/** Removes what was written for a head that is not stored. What an index of its own leads to may well be another head's. */
async function removeOwn(core: MessageCore, history: History, parts: readonly Ref[]): Promise<void> {
  const alone = parts.map((part) => ({ ...part, level: 0 }));
  await Promise.allSettled([removeParts(core, history, alone)]);
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

/** A revision is told from others by its first 72 bits. */
function toFingerprint(revision: string): string {
  return revision.slice(0, 12);
}
