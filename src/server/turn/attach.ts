import type { ServerContext } from '../server-context.js';
import type { AttachEnd, AttachRequest } from './attach-request.js';
import { allEvents } from './event-id.js';
import { eventsLost } from './events-lost.js';
import { hearStored } from './hear-stored.js';
import type { LiveTurn } from './live-turn.js';
import { TurnStream } from './turn-stream.js';

/**
 * Answers with the events of a turn that the caller has not heard, and with the rest as it happens; 204 if there is nothing
 * to hear. Resolves when the answer has ended. However it ends, the turn does not notice.
 */
export async function answerAttach(server: ServerContext, request: AttachRequest): Promise<AttachEnd> {
  const end = await hearTurn(server, request);
  if (end.status === 204) request.exchange.answer(204, {});
  return end;
}

async function hearTurn(server: ServerContext, request: AttachRequest): Promise<AttachEnd> {
  const { sessionId, lastEventId } = request;
  const { turnStore } = server.config;
  const number = lastEventId?.number ?? 0;
  const turn =
    lastEventId === undefined
      ? server.turns.findRunning(sessionId)
      : server.turns.find(sessionId, lastEventId.turn);
  // The store may still have what is not held here any more.
  if (turnStore !== undefined && (turn === undefined || number < turn.log.dropped)) {
    return hearStored(server, turnStore, request);
  }
  if (turn !== undefined && !turn.isOverAfter(number)) {
    return hear(server, request, turn.id, turn);
  }
  if (turn === undefined && lastEventId !== undefined && number < allEvents) {
    return hear(server, request, lastEventId.turn);
  }
  return { status: 204, callerLeft: false };
}

/** Answers with the turn. If there is none any more, says that its events are lost. */
async function hear(
  { keepAlives, budget }: ServerContext,
  { exchange, sessionId, lastEventId, observed }: AttachRequest,
  turnId: string,
  turn?: LiveTurn,
): Promise<AttachEnd> {
  observed?.attached(turnId);
  const stream = await new Promise<TurnStream>((resolve) => {
    const listener: TurnStream = new TurnStream({
      ...{ exchange, sessionId, turnId, keepAlives, budget },
      onGone: () => turn?.leave(listener),
      onOver: () => resolve(listener),
    });
    listener.watch();
    if (listener.hasLeft) return;
    listener.open();
    if (turn !== undefined) {
      turn.attach(listener, lastEventId?.number ?? 0);
      return;
    }
    listener.send(eventsLost, allEvents);
    listener.end();
  });
  stream.throwIfFailed();
  return { status: 200, callerLeft: stream.hasLeft };
}
