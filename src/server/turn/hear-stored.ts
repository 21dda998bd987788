import { interruptedNumber, type LogItem, type TurnStore } from '../../domain/turn-store.js';
import { turnRunning } from '../failures/http-error.js';
import type { ServerContext } from '../server-context.js';
import type { AttachEnd, AttachRequest } from './attach-request.js';
import { eventsLost } from './events-lost.js';
import { TurnStream } from './turn-stream.js';

/** Answers with a turn as the turn store has it: it runs in another process, or ran in one. */
export async function hearStored(
  { keepAlives, budget }: ServerContext,
  turnStore: TurnStore,
  { exchange, sessionId, lastEventId, isRepeat = false, observed }: AttachRequest,
): Promise<AttachEnd> {
  const running = await turnStore.runningTurn(sessionId);
  const turnId = lastEventId?.turn ?? running;
  if (turnId === null) return { status: 204, callerLeft: false };
  observed?.attached(turnId);
  const leaving = new AbortController();
  const onGone = () => leaving.abort();
  const stream = new TurnStream({ exchange, sessionId, turnId, keepAlives, budget, onGone });
  stream.watch();
  // Of one that runs, there is something to hear in any case, even if not yet; unless it ends before it has done anything.
  if (turnId === running && !isRepeat && !stream.hasLeft) stream.open();
  try {
    const items = turnStore.read(sessionId, turnId, lastEventId?.number ?? 0, leaving.signal);
    for await (const item of joinGaps(items)) {
      if (isRepeat && isNothing(item)) throw turnRunning();
      send(stream, item);
      // The log is kept elsewhere: what the caller is not ready for need not wait here.
      await stream.drained();
    }
  } catch (error) {
    // If the answer is open it is cut off, and whoever hears it comes back.
    if (!stream.hasLeft) stream.fail(error);
  }
  stream.throwIfFailed();
  if (stream.hasLeft) return { status: 200, callerLeft: true };
  if (stream.isOpen) stream.end();
  else stream.close();
  return { status: stream.isOpen ? 200 : 204, callerLeft: false };
}

/** True if a turn has ended before it did anything, so that its request can be made again. */
function isNothing(item: LogItem): boolean {
  return 'lost' in item && item.lost.from === 1 && item.lost.to === interruptedNumber;
}

/** The same items with one gap in place of several that follow each other. */
async function* joinGaps(items: AsyncIterable<LogItem>): AsyncGenerator<LogItem> {
  let from: number | undefined;
  let to = 0;
  for await (const item of items) {
    if ('lost' in item) {
      from ??= item.lost.from;
      to = item.lost.to;
      continue;
    }
    if (from !== undefined) yield { lost: { from, to } };
    from = undefined;
    yield item;
  }
  if (from !== undefined) yield { lost: { from, to } };
}

function send(stream: TurnStream, item: LogItem): void {
  if (stream.hasLeft) return;
  if ('lost' in item) stream.send(eventsLost, item.lost.to);
  else stream.send(item, item.number);
}
