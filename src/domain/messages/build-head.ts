import { extraSeconds } from '../store/parts.js';
import type { PlainData } from '../values/plain-data.js';
import {
  countOf,
  type Entry,
  formatEntries,
  formatHead,
  formatRefs,
  type Head,
  hasExpired,
  newestOf,
  oldestOf,
  type Ref,
  type Summary,
} from './head.js';
import { bytesOf } from './message-parts.js';

/** With the keys and the other attributes, an item of DynamoDB that takes one read unit has 4,096 bytes. */
const maxHeadBytes = 3_600;

/** A summary up to this size is kept in the head, and one that is larger in a part. */
const maxSummaryBytes = 1_024;

/** An append over this size goes straight into a part, with those before it, when the head is full. */
const maxSmallBytes = 600;

/** So many bytes of appends are put into a part when a small one comes: each append writes all of those before it again. */
const maxTailBytes = 1_400;

/** So many of the newest messages are never more than one step away from the head. */
const directMessages = 50;

/** So many references make a part of their own. */
const fanOut = 8;

const maxWriters = 8;

/** Writes a part, and gives its reference. */
export type CreatePart = (ref: Omit<Ref, 'name' | 'slices' | 'bytes'>, data: PlainData) => Promise<Ref>;

export function createHead(origin: string): Head {
  return {
    begin: 0,
    end: 0,
    origin,
    refs: [],
    tail: [],
    summary: null,
    replaced: [],
    writers: [],
    isErased: false,
  };
}

/** A head without messages in the place of another one, whose parts it names for somebody to remove them. */
export function emptyHead(head: Head, origin: string): Head {
  const replaced = [...head.replaced, ...head.refs, ...partsOf(head.summary)];
  return { ...head, begin: head.end, origin, refs: [], tail: [], summary: null, replaced };
}

/** The part that a summary is in, if it is in one. */
export function partsOf(summary: Summary | null): Ref[] {
  return summary === null || 'data' in summary.content ? [] : [summary.content];
}

/** What a head keeps of a summary: the entry, or a part with it if it is large. */
export function keepSummary(entry: Entry, createPart: CreatePart): Entry | Promise<Entry | Ref> {
  return bytesOf(entry.data) <= maxSummaryBytes ? entry : sealEntries([entry], createPart);
}

/** The head with one more append. What does not fit is put into parts first. */
export async function addEntry(head: Head, entry: Entry, createPart: CreatePart): Promise<Head> {
  const { end, tail } = head;
  const whole = { ...head, end: end + entry.count, tail: [...tail, entry], isErased: false };
  const isSmall = bytesOf(entry.data) <= maxSmallBytes;
  const isShort = !isSmall || bytesOf(formatEntries(whole.tail)) <= maxTailBytes;
  if (isShort && bytesOf(formatHead(whole)) <= maxHeadBytes) return whole;
  const isSealed = head.tail.length === 0 || !isSmall;
  const sealed = await sealEntries(isSealed ? whole.tail : head.tail, createPart);
  return sealRefs({ ...whole, refs: [...head.refs, sealed], tail: isSealed ? [] : [entry] }, createPart);
}

/** Without the oldest messages, as far as they have expired: their parts go when their own time is up. */
export function dropExpired(head: Head, now: number): Head {
  const { end, summary } = head;
  let { begin } = head;
  const [refs, tail] = [[...head.refs], [...head.tail]];
  while (refs[0] !== undefined && isBehind(refs[0].newest)) refs.shift();
  while (refs.length === 0 && tail[0] !== undefined && isBehind(tail[0].expiresAt)) tail.shift();
  begin = Math.max(begin, end - countOf(refs) - countOf(tail));
  const isOver = summary !== null && isBehind(toExpiring(summary).expiresAt);
  return { ...head, begin, refs, tail, summary: isOver ? null : summary };

  function isBehind(expiresAt: number): boolean {
    return hasExpired(expiresAt, now);
  }
}

/** When the record of a head stops to exist; `undefined` if it stays. An empty one stays for as long as a new message would. */
export function headExpiry(head: Head, ifEmpty: number): number | undefined {
  const { refs, tail, summary } = head;
  const expiries = [
    ...refs.map(({ newest }) => newest),
    ...[...tail, ...(summary === null ? [] : [toExpiring(summary)])].map(({ expiresAt }) => expiresAt),
  ];
  const newest = newestOf(expiries.length === 0 ? [ifEmpty] : expiries);
  return newest === 0 ? undefined : newest + extraSeconds;
}

export function addWriter(writers: Head['writers'], writer: string, fingerprint: string): Head['writers'] {
  const others = writers.filter(([other]) => other !== writer);
  return [...others.slice(-(maxWriters - 1)), [writer, fingerprint]];
}

/** When a summary stops to exist. */
function toExpiring({ content }: Summary): { readonly expiresAt: number } {
  return { expiresAt: 'data' in content ? content.expiresAt : content.newest };
}

function sealEntries(entries: readonly Entry[], createPart: CreatePart): Promise<Ref> {
  const expiries = entries.map(({ expiresAt }) => expiresAt);
  const ref = { level: 0, count: countOf(entries), newest: newestOf(expiries), oldest: oldestOf(expiries) };
  return createPart(ref, formatEntries(entries));
}

/** Puts the oldest references of each level into parts, but for those of the newest messages. */
async function sealRefs(head: Head, createPart: CreatePart): Promise<Head> {
  const refs = [...head.refs];
  for (let level = 0; refs.some((ref) => ref.level >= level); level++) {
    const start = refs.findIndex((ref) => ref.level <= level);
    const free = refs.slice(start).filter((ref) => ref.level === level);
    if (level === 0) free.splice(free.length - countDirect(free, countOf(head.tail)));
    if (free.length < fanOut) continue;
    const sealed = free.slice(0, fanOut);
    refs.splice(start, fanOut, await sealIndex(sealed, level + 1, createPart));
  }
  return { ...head, refs };
}

async function sealIndex(sealed: readonly Ref[], level: number, createPart: CreatePart): Promise<Ref> {
  const index = {
    level,
    count: countOf(sealed),
    newest: newestOf(sealed.map(({ newest }) => newest)),
    oldest: oldestOf(sealed.map(({ oldest }) => oldest)),
  };
  const { bytes: _, ...ref } = await createPart(index, formatRefs(sealed));
  return { ...ref, bytes: sealed.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** How many of the last references it takes to come to the newest messages that are one step away. */
function countDirect(refs: readonly Ref[], inTail: number): number {
  let messages = inTail;
  let direct = 0;
  for (const { count } of [...refs].reverse()) {
    if (messages >= directMessages) break;
    messages += count;
    direct++;
  }
  return direct;
}
