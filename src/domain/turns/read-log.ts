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
  let wasRunning = false;
  while (!signal?.aborted) {
    const chunk = await readChunk(core, { ...reader, index });
    if (chunk === null) {
      const next = await toNext(reader, index, wasRunning ? 'seen running' : 'unknown');
      if (next === 'none') {
        if (number <= interruptedNumber) yield { lost: { from: number, to: interruptedNumber } };
        return;
      }
      wasRunning = next === 'wait';
      if (next === 'wait') await pause(core.settings.flushMs, signal);
      else index = next;
      continue;
    }
    yield* toItems(chunk, number);
    if (chunk.isEnd) return;
    // Whoever reads may take its time for those events.
    wasRunning = false;
    number = Math.max(number, chunk.first + chunk.count);
    index++;
  }
}

/**
 * Has a turn end as interrupted if it has neither ended nor goes on.
 *
 * @param isKnown - True if all of its log would still be there.
 */
export async function settleEnd(reader: LogReader, isKnown = false): Promise<void> {
  const index = await findChunk(reader, interruptedNumber - 1);
  if ((await readChunk(reader.core, { ...reader, index })) === null)
    await toNext(reader, index, isKnown ? 'known' : 'unknown');
}

/** Whether a chunk would still be there, had it ever been written: it would if the turn was running just now, or has a key. */
type Knowledge = 'unknown' | 'seen running' | 'known';

/** What a reader has to do if there is no chunk: to wait, to look at another place, or nothing. */
async function toNext(
  reader: LogReader,
  index: number,
  knowledge: Knowledge,
): Promise<'wait' | 'none' | number> {
  const { core, contextId, turn } = reader;
  const stored = await readLease(core, contextId);
  const lease = stored?.turn === turn ? stored : null;
  // What was there has expired.
  if (lease !== null && lease.chunks > index) return findHeld(reader, index, lease.chunks);
  if (lease !== null && isHeld(lease, core.settings.now())) return 'wait';
  // The end is written before the lease is given back: it is there now, or has expired, or never will be.
  if ((await readChunk(core, { ...reader, index })) !== null) return index;
  // It was given back without an end: it has done nothing.
  if (knowledge === 'seen running' && lease?.isReleased === true) return 'none';
  if (knowledge === 'unknown' && !(await isCutOff(reader, index, lease))) return 'none';
  await writeInterrupted(reader, index);
  return index;
}

/** True if a turn was begun and a chunk of it that is not there was never written: it cannot have expired. */
async function isCutOff(reader: LogReader, index: number, lease: StoredLease | null): Promise<boolean> {
  const { now, logSeconds } = reader.core.settings;
  if (lease?.isReleased) return false;
  if (lease !== null && now() < lease.since + logSeconds * 1_000) return true;
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
