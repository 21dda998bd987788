import type { ServerContext } from '../server-context.js';
import { AnsweredTurn, type TurnAnswerEnd, type TurnRequest } from './answered-turn.js';
import { answerAttach } from './attach.js';
import { type BegunTurn, beginLocally, beginShared, type RepeatedTurn } from './begin-turn.js';

/**
 * Runs a turn and streams it, or what the same request has begun before. Throws or rejects with what went wrong before the answer
 * was open; from then on the answer tells by itself. When the promise settles, the session is free.
 */
export function answerTurn(server: ServerContext, turnRequest: TurnRequest): Promise<TurnAnswerEnd> {
  const { sessionId, idempotency } = turnRequest;
  const { turnStore } = server.config;
  const answer = (begun: BegunTurn | RepeatedTurn) =>
    'repeated' in begun
      ? answerRepeated(server, turnRequest, begun)
      : observeBegun(server, turnRequest, begun);
  if (turnStore === undefined) return answer(beginLocally(server, sessionId, idempotency));
  return beginShared(server, turnStore, sessionId, idempotency).then(answer);
}

async function answerRepeated(
  server: ServerContext,
  { exchange, sessionId, observed }: TurnRequest,
  { repeated }: RepeatedTurn,
): Promise<TurnAnswerEnd> {
  const lastEventId = { turn: repeated, number: 0 };
  const attach = { exchange, sessionId, lastEventId, isRepeat: true, observed };
  const { callerLeft } = await answerAttach(server, attach);
  return { outcome: 'completed', callerLeft };
}

/** Runs the turn inside of its span, if telemetry wants to hear of it. */
function observeBegun(
  server: ServerContext,
  turnRequest: TurnRequest,
  begun: BegunTurn,
): Promise<TurnAnswerEnd> {
  const { observed, body } = turnRequest;
  if (observed === undefined) return new AnsweredTurn(server, turnRequest, begun, undefined).run();
  const { id: turnId, sessionId } = begun.live;
  // Not the credentials.
  const said = body.type === 'prompt' ? body.prompt : body.inputs?.map(({ value }) => value);
  const turn = observed.turn({ sessionId, turnId, said });
  const run = () => new AnsweredTurn(server, turnRequest, begun, turn).run();
  return turn === undefined ? run() : turn.run(run);
}
