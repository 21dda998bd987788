import { keepToken } from '../fencing.js';
import type { Expectation, NewRecord } from '../record-store.js';
import type { Attributes } from '../store/agent-store-options.js';
import { createPartName } from '../store/part-keys.js';
import { toExpectation } from '../store/session-codec.js';
import { toStateText } from '../values/text.js';
import { addWriter, type CreatePart, createHead, dropExpired, headExpiry } from './build-head.js';
import { formatHead, type Head, hasExpired, type Ref } from './head.js';
import type { KnownHistory, StoredHead } from './head-memory.js';
import { corrupted, type History, type MessageCore, nextRevision } from './message-core.js';
import { bytesOf, removeParts, writePart } from './message-parts.js';

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
  /** True if it must not be made of what an erase has left, but by somebody who has seen that from the start. */
  readonly endsWithErase?: boolean;
  /** When the record stops to exist, in Unix seconds, if not with its messages. */
  readonly expiresAt?: number;
  /** Earlier attempts at the same change. */
  readonly attempts?: readonly string[];
  make(head: Head, revision: string, createPart: CreatePart): Promise<Head | null>;
}

/** One request to replace a head, ready to be sent. */
export interface Attempt {
  readonly record: NewRecord;
  readonly head: Head;
  readonly expected: Expectation | null;
  readonly parts: readonly Ref[];
}

/** A record for the head that a change makes, and the parts that it names, which are written. */
export async function prepareHead(
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
  const revision = nextRevision(core, `${history.key.sort}${stored?.revision ?? ''}`);
  const base = (isGone ? null : stored.head) ?? createHead(revision);
  const isClean = known.clean === stored?.revision || (await removeReplaced(core, history, base));
  const parts: Ref[] = [];
  const createPart: CreatePart = async (ref, data) => {
    const unique = nextRevision(core, String(toStateText(data))).slice(0, 16);
    const name = createPartName(now, unique);
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
  { attributes, expiresAt: end }: HeadChange,
  { head, revision, token }: { head: Head; revision: string; token: number | undefined },
): NewRecord {
  const updatedAt = settings.now();
  const ifEmpty = settings.ttlSeconds === null ? 0 : Math.ceil(updatedAt / 1000 + settings.ttlSeconds);
  const expiresAt = end ?? headExpiry(head, ifEmpty);
  const data = formatHead(head);
  return {
    revision,
    updatedAt,
    entityType: 'agent-messages',
    data,
    prefersCompact: true,
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
export async function removeReplaced(
  core: MessageCore,
  history: History,
  { replaced }: Head,
): Promise<boolean> {
  const removed = await Promise.allSettled(replaced.map((ref) => removeParts(core, history, [ref])));
  return removed.every(({ status }) => status === 'fulfilled');
}

/** Removes what was written for a head that is not stored. What an index of its own leads to may well be another head's. */
export async function removeOwn(core: MessageCore, history: History, parts: readonly Ref[]): Promise<void> {
  const alone = parts.map((part) => ({ ...part, level: 0 }));
  await Promise.allSettled([removeParts(core, history, alone)]);
}

/** A revision is told from others by its first 72 bits. */
export function toFingerprint(revision: string): string {
  return revision.slice(0, 12);
}
