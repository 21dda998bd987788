import type { Agent, AgentEvent } from '../../domain/agent.js';
import { isResumable } from '../../domain/agent-state.js';
import { HttpError, unknownSession } from '../failures/http-error.js';
import type { Redactor } from '../failures/redactor.js';
import type { Exchange, ResponseWriter } from '../http/exchange.js';
import { type TurnBody, toTurnInput } from '../invocation/request-body.js';
import { sessionIdHeader } from '../invocation/request-head.js';
import { maxTimerMs } from '../process/timing.js';
import type { RequestContext } from '../request-context.js';
import type { ServerContext } from '../server-context.js';
import type { RunningTurn } from '../sessions/session-registry.js';
import { readState } from '../sessions/session-state.js';
import { createFormat, toErrorEvent } from './event-format.js';
import { KeepAlive } from './keep-alive.js';
import { unlessStopped } from './observe.js';
import { runTurn, type TurnEnd } from './turn.js';

export interface TurnRequest {
  readonly exchange: Exchange;
  readonly context: RequestContext;
  readonly body: TurnBody;
  readonly redactor: Redactor;
}

/**
 * Runs a turn and streams it. Rejects with what went wrong before the agent has started; from then on the answer is open
 * and tells by itself. When the promise settles, the session is free.
 */
export async function answerTurn(server: ServerContext, turnRequest: TurnRequest): Promise<TurnEnd> {
  const { exchange, context, body, redactor } = turnRequest;
  const turn = server.sessions.begin(context.sessionId);
  const stopWatching = watch(turn, exchange, server.config.turnTimeoutSeconds);
  const stream = createStream(server, exchange, turn);
  let end: TurnEnd | undefined;
  try {
    if (body.type === 'resume') await unlessStopped(turn.signal, () => requireResumable(server, turn));
    end = await runTurn({
      turn,
      input: toTurnInput(body, context.authContext),
      output: stream,
      createAgent: () => createAgent(server, context),
      describeFailure: (error) => toErrorEvent(error, redactor),
      onReplaced: (error) => {
        const fields = { sessionId: context.sessionId, error: redactor.describe(error) };
        server.logger.warn(fields, 'The agent could not go on from its earlier turn, and was replaced.');
      },
    });
    return end;
  } finally {
    stopWatching();
    // The session is freed first: whoever has seen the end of the stream may start the next turn.
    server.sessions.end(turn, end?.outcome === 'completed');
    stream.end();
  }
}

/** Stops the turn when its caller leaves or its time is up. Call what it returns when the turn has ended. */
function watch(turn: RunningTurn, exchange: Exchange, timeoutSeconds: number): () => void {
  const timeoutMs = timeoutSeconds * 1_000;
  const timer =
    timeoutMs <= maxTimerMs
      ? setTimeout(() => turn.stop(new HttpError('TIMED_OUT', 'The turn took too long.')), timeoutMs)
      : undefined;
  exchange.onGone(() => turn.stop(new HttpError('CLIENT_GONE', 'The caller has left.')));
  return () => clearTimeout(timer);
}

function createStream(server: ServerContext, exchange: Exchange, turn: RunningTurn) {
  const format = createFormat(exchange.headers.accept);
  const keepAlive = new KeepAlive(server.config.keepAliveSeconds, () => writer?.write(format.keepAlive));
  let writer: ResponseWriter | undefined;
  return {
    open() {
      keepAlive.start();
      const headers = {
        'content-type': format.contentType,
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
        [sessionIdHeader]: turn.session.contextId,
      };
      writer = exchange.open(headers, () => {
        turn.stop(new HttpError('CLIENT_GONE', 'The caller does not read.'));
      });
    },
    send(event: AgentEvent) {
      keepAlive.note();
      writer?.write(format.event(event));
    },
    end() {
      keepAlive.stop();
      writer?.write(format.end());
      writer?.end();
    },
  };
}

async function requireResumable({ sessions, config }: ServerContext, turn: RunningTurn): Promise<void> {
  const { agentStore } = config;
  const { contextId, agent } = turn.session;
  // There is no state to decide by. The new agent will find out.
  if (agentStore === undefined && agent === undefined) return;
  const state = await readState(contextId, sessions, agentStore, turn);
  if (state === null) throw unknownSession();
  if (!isResumable(state)) throw new HttpError('NOT_RESUMABLE', 'This session waits for no answer.');
}

async function createAgent({ sessions, config }: ServerContext, context: RequestContext): Promise<Agent> {
  await sessions.settled(context.sessionId);
  return config.agent(context.sessionId, context);
}
