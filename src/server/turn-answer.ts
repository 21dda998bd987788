import type { Agent, AgentEvent } from '../domain/agent.js';
import { isResumable } from '../domain/agent-state.js';
import type { AgentServer } from './agent-server.js';
import { createFormat } from './event-format.js';
import type { Exchange, ResponseWriter } from './exchange.js';
import { HttpError, toErrorEvent } from './http-error.js';
import { KeepAlive } from './keep-alive.js';
import type { Redactor } from './redactor.js';
import { type TurnBody, toTurnInput } from './request-body.js';
import type { RequestContext } from './request-context.js';
import { sessionIdHeader } from './request-head.js';
import type { RunningTurn } from './session-registry.js';
import { readState } from './session-state.js';
import { unlessStopped } from './stoppable.js';
import { maxTimerMs } from './timing.js';
import { runTurn, type TurnEnd } from './turn.js';

export interface TurnRequest {
  readonly exchange: Exchange;
  readonly context: RequestContext;
  readonly body: TurnBody;
  readonly redactor: Redactor;
}

/**
 * Runs a turn and streams it. The answer is opened once the agent has started; before that the promise rejects with
 * what went wrong. It settles when the turn has ended, and by then the session is free.
 */
export async function answerTurn(server: AgentServer, turnRequest: TurnRequest): Promise<TurnEnd> {
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
    // First the session, then the end of the stream: whoever has seen the end may start the next turn.
    server.sessions.end(turn, end?.outcome === 'completed');
    stream.end();
  }
}

/** Stops the turn when its caller leaves or its time is up. Returns what ends the watch. */
function watch(turn: RunningTurn, exchange: Exchange, timeoutSeconds: number): () => void {
  const timeoutMs = timeoutSeconds * 1_000;
  const timer =
    timeoutMs <= maxTimerMs
      ? setTimeout(() => turn.stop(new HttpError('TIMED_OUT', 'The turn took too long.')), timeoutMs)
      : undefined;
  exchange.onGone(() => turn.stop(new HttpError('CLIENT_GONE', 'The caller has left.')));
  return () => clearTimeout(timer);
}

function createStream(server: AgentServer, exchange: Exchange, turn: RunningTurn) {
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

async function requireResumable({ sessions, config }: AgentServer, turn: RunningTurn): Promise<void> {
  const { agentStore } = config;
  const { contextId, agent } = turn.session;
  // Nothing to decide by: the fresh agent finds out.
  if (agentStore === undefined && agent === undefined) return;
  const state = await readState(contextId, sessions, agentStore, turn);
  if (state === null) throw new HttpError('NOT_FOUND', 'Nothing is known of this session.');
  if (!isResumable(state)) throw new HttpError('NOT_RESUMABLE', 'This session waits for no answer.');
}

async function createAgent({ sessions, config }: AgentServer, context: RequestContext): Promise<Agent> {
  await sessions.settled(context.sessionId);
  return config.agent(context.sessionId, context);
}
