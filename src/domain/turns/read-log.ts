import { interruptedNumber, type LoggedEvent, type LogItem } from '../turn-store.js';
import { type Chunk, putChunk, readChunk } from './chunk.js';
import { isHeld, readLease } from './lease.js';
import type { TurnCore } from './turn-core.js';

/** What a turn has ended with whose process has vanished. */
export const interrupted: LoggedEvent = {
  kind: 'error',
  data: JSON.stringify({
    code: 'INTERRUPTED',
    message: 'The process that ran the turn has vanished. Read the state to see how far it came.',
  }),
};

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
  let hasRun = false;
  while (!signal?.aborted) {
    const chunk = await readChunk(core, { ...reader, index });
    if (chunk === null) {
      const next = await toNext(reader, index, hasRun);
      if (next === 'none') {
        if (number <= interruptedNumber) yield { lost: { from: number, to: interruptedNumber } };
        return;
      }
      hasRun ||= next === 'wait';
      if (next === 'wait') await pause(core.settings.flushMs, signal);
      else index = next;
      continue;
    }
    yield* toItems(chunk, number);
    if (chunk.isEnd) return;
    number = Math.max(number, chunk.first + chunk.count);
    index++;
  }
}

/** Has a turn that was begun for certain end as interrupted, if it has neither ended nor goes on. */
export async function settleEnd(reader: LogReader): Promise<void> {
  const index = await findChunk(reader, interruptedNumber - 1);
  if ((await readChunk(reader.core, { ...reader, index })) === null) await toNext(reader, index, true);
}

/**
 * What a reader has to do if there is no chunk: to wait, to look at another place, or nothing.
 *
 * @param isKnown - True if the turn was begun for certain, even if neither lease nor log tell of it.
 */
async function toNext(reader: LogReader, index: number, isKnown = false): Promise<'wait' | 'none' | number> {
  const { core, contextId, turn } = reader;
  const lease = await readLease(core, contextId);
  const isOurs = lease?.turn === turn;
  // What was there has expired while the turn goes on.
  if (isOurs && lease.chunks > index) return findHeld(reader, index, lease.chunks);
  if (isOurs && isHeld(lease, core.settings.now())) return 'wait';
  // The end is written before the lease is given back: it is there now, or has expired, or never will be.
  if ((await readChunk(core, { ...reader, index })) !== null) return index;
  const isBegun = isOurs ? !lease.isReleased : index > 0 || isKnown;
  if (!isBegun) return 'none';
  await writeInterrupted(reader, index);
  return index;
}

/** Whoever first finds that a turn is neither ended nor held ends it. The first end that is written counts. */
async function writeInterrupted({ core, contextId, turn }: LogReader, index: number): Promise<void> {
  const end: Chunk = { first: interruptedNumber, count: 1, events: [interrupted], isEnd: true };
  const { logSeconds, idempotencySeconds } = core.settings;
  await putChunk(core, { contextId, turn, index }, end, Math.max(logSeconds, idempotencySeconds));
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
    function finish() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    }
  });
}
