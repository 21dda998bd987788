import { interruptedNumber, type LogItem, type TurnStore } from '../../domain/turn-store.js';
import { turnRunning } from '../failures/http-error.js';
import type { ServerContext } from '../server-context.js';
import type { AttachEnd, AttachRequest } from './attach-request.js';
import { eventsLost } from './events-lost.js';
import { TurnStream } from './turn-stream.js';

/** Answers with a turn as the turn store has it: it runs in another process, or ran in one. */
export async function hearStored(
  { config, budget }: ServerContext,
  turnStore: TurnStore,
  { exchange, sessionId, lastEventId, isRepeat = false }: AttachRequest,
): Promise<AttachEnd> {
  const running = await turnStore.runningTurn(sessionId);
  const turnId = lastEventId?.turn ?? running;
  const nothing = { status: 204, callerLeft: false } as const;
  if (turnId === null) return nothing;
  const leaving = new AbortController();
  const items = turnStore.read(sessionId, turnId, lastEventId?.number ?? 0, leaving.signal);
  // Of one that runs, there is something to hear in any case, even if not yet.
  const first = turnId === running && !isRepeat ? undefined : await items.next();
  if (first?.done) return nothing;
  if (isRepeat && first !== undefined && isNothing(first.value)) throw turnRunning();
  const { keepAliveSeconds } = config;
  const onGone = () => leaving.abort();
  const stream = new TurnStream({ exchange, sessionId, turnId, keepAliveSeconds, budget, onGone });
  stream.watch();
  if (!stream.hasLeft) stream.open();
  if (first !== undefined) send(stream, first.value);
  try {
    for await (const item of items) send(stream, item);
    if (!stream.hasLeft) stream.end();
  } catch (error) {
    // The answer is cut off, and whoever hears it comes back.
    if (!stream.hasLeft) stream.fail(error);
  }
  stream.throwIfFailed();
  return { status: 200, callerLeft: stream.hasLeft };
}

/** True if a turn has ended before it did anything, so that its request can be made again. */
function isNothing(item: LogItem): boolean {
  return 'lost' in item && item.lost.from === 1 && item.lost.to === interruptedNumber;
}

function send(stream: TurnStream, item: LogItem): void {
  if (stream.hasLeft) return;
  if ('lost' in item) stream.send(eventsLost, item.lost.to);
  else stream.send(item, item.number);
}
