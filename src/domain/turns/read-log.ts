import { interruptedNumber, type LogItem } from '../turn-store.js';
import { type Chunk, interruptedEnd, putChunk, readChunk } from './chunk.js';
import { isHeld, readLease, type StoredLease } from './lease.js';
import { type TurnCore, toExpiry } from './turn-core.js';

export interface LogReader {
  readonly core: TurnCore;
  readonly contextId: string;
  readonly turn: string;
}

/** The events of a turn behind a number, and then each as it comes. If nothing is known of the turn, all of them are lost. */
export async function* readLog(
  reader: LogReader,
  after: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<LogItem> {
  const { core } = reader;
  let number = after + 1;
  let index = await findChunk(reader, after);
  let seen: StoredLease | undefined;
  while (!signal?.aborted) {
    const chunk = await readChunk(core, { ...reader, index });
    if (chunk === null) {
      const next = await toNext(reader, index, { seen });
      if (next === 'none') {
        if (number <= interruptedNumber) yield { lost: { from: number, to: interruptedNumber } };
        return;
      }
      seen = typeof next === 'object' ? next : undefined;
      if (typeof next === 'number') index = next;
      else await pause(core.settings.flushMs, signal);
      continue;
    }
    yield* toItems(chunk, number);
    if (chunk.isEnd) return;
    // Whoever reads may take its time for those events.
    seen = undefined;
    number = Math.max(number, chunk.first + chunk.count);
    index++;
  }
}

/**
 * Has a turn end as interrupted if it has neither ended nor goes on.
 *
 * @param hasKey - True if an idempotency key stands for the turn.
 */
export async function settleEnd(reader: LogReader, hasKey?: () => Promise<boolean>): Promise<void> {
  const index = await findChunk(reader, interruptedNumber - 1);
  if ((await readChunk(reader.core, { ...reader, index })) === null) await toNext(reader, index, { hasKey });
}

/** What tells whether a chunk would still be there, had it ever been written. */
interface Knowledge {
  /** The lease of the turn, if that was running just now: nothing has expired since. */
  readonly seen?: StoredLease | undefined;
  /** True as long as the turn has a key, which the log outlives. A turn that has done nothing gives it up before its lease. */
  readonly hasKey?: (() => Promise<boolean>) | undefined;
}

/** What a reader has to do if there is no chunk: to wait for the turn with this lease, to look at another place, or nothing. */
async function toNext(
  reader: LogReader,
  index: number,
  knowledge: Knowledge,
): Promise<StoredLease | 'none' | number> {
  const { core, contextId, turn } = reader;
  const stored = await readLease(core, contextId);
  const lease = stored?.turn === turn ? stored : null;
  // What was there has expired.
  if (lease !== null && lease.chunks > index) return findHeld(reader, index, lease.chunks);
  if (lease !== null && isHeld(lease, core.settings.now())) return lease;
  // The end is written before the lease is given back: it is there now, or has expired, or never will be.
  if ((await readChunk(core, { ...reader, index })) !== null) return index;
  if (!(await isCutOff(reader, index, stored, knowledge))) return 'none';
  await writeInterrupted(reader, index);
  return index;
}

/** True if a turn has done something, as far as anybody can know, and a chunk of it that is not there was never written. */
async function isCutOff(
  reader: LogReader,
  index: number,
  stored: StoredLease | null,
  { seen, hasKey }: Knowledge,
): Promise<boolean> {
  const { now, logSeconds } = reader.core.settings;
  const lease = stored?.turn === reader.turn ? stored : null;
  const isYoung = (since: number, time: number) => time < since + logSeconds * 1_000;
  // It was given back without an end: it has done nothing.
  if (seen !== undefined && lease !== null) return !lease.isReleased;
  // Whoever has taken the lease since has ended the log first, unless the turn was given back, or older than logs are kept.
  if (seen !== undefined) return index > 0 || stored === null || !isYoung(seen.since, stored.since);
  if (await hasKey?.()) return true;
  if (lease?.isReleased) return false;
  if (lease !== null && isYoung(lease.since, now())) return true;
  // Chunks expire in their order.
  return index > 0 && (await readChunk(reader.core, { ...reader, index: index - 1 })) !== null;
}

/** Whoever first finds that a turn is neither ended nor held ends it. The first end that is written counts. */
async function writeInterrupted({ core, contextId, turn }: LogReader, index: number): Promise<void> {
  const { logSeconds, idempotencySeconds } = core.settings;
  const expiresAt = toExpiry(core, Math.max(logSeconds, idempotencySeconds));
  await putChunk(core, { contextId, turn, index }, interruptedEnd, expiresAt);
}

/** The events of a chunk from a number on, and before them what is missing. */
function* toItems({ first, count, events }: Chunk, number: number): Generator<LogItem> {
  const end = first + count;
  if (events === null) {
    if (end > number) yield { lost: { from: number, to: end - 1 } };
    return;
  }
  if (first > number && first !== interruptedNumber) yield { lost: { from: number, to: first - 1 } };
  for (const [offset, event] of events.entries()) {
    if (first + offset >= number) yield { ...event, number: first + offset };
  }
}

/** Where to begin to read: the first chunk with an event behind that number, or the place of the next one. */
async function findChunk(reader: LogReader, after: number): Promise<number> {
  if (after === 0) return 0;
  const lease = await readLease(reader.core, reader.contextId);
  const known = lease?.turn === reader.turn ? lease.chunks : 0;
  let low = 0;
  let high = 1;
  // Some are written that no lease tells of yet.
  while (await isBefore(reader, high - 1, after, known)) {
    low = high;
    high *= 2;
  }
  return search(low, high, (index) => isBefore(reader, index, after, known));
}

/** The first chunk that is still there. */
function findHeld(reader: LogReader, low: number, high: number): Promise<number> {
  return search(low, high, async (index) => (await readChunk(reader.core, { ...reader, index })) === null);
}

/** True for a chunk that has no event behind a number, or has expired. */
async function isBefore(reader: LogReader, index: number, after: number, known: number): Promise<boolean> {
  const chunk = await readChunk(reader.core, { ...reader, index });
  if (chunk === null) return index < known;
  return !chunk.isEnd && chunk.first + chunk.count - 1 <= after;
}

/** The first number that is not before, or `high` if all are. */
async function search(
  low: number,
  high: number,
  isBefore: (index: number) => Promise<boolean>,
): Promise<number> {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (await isBefore(middle)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Waits for so long, or until the reading is to end. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(finish, ms);
    signal?.addEventListener('abort', finish);
    if (signal?.aborted) finish();
    function finish() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    }
  });
}
