import type { Agent, AgentEvent, AgentEventStream, StartTurnOptions } from '../domain/agent.js';
import { EventGate, hasFailed } from './event-gate.js';
import type { RunningTurn } from './session-registry.js';

/** What the caller asks the agent: a message, or answers to what it has asked. */
export interface TurnInput {
  readonly message: string | null;
  readonly options: StartTurnOptions;
}

/** Where the events of a turn go. */
interface TurnOutput {
  /** Called once, when the agent has started and nothing can be answered but events. */
  open(): void;
  send(event: AgentEvent): void;
}

export interface TurnOptions {
  readonly turn: RunningTurn;
  readonly input: TurnInput;
  readonly output: TurnOutput;
  readonly createAgent: () => Promise<Agent>;
  /** The event that tells the caller of a failure. */
  readonly describeFailure: (error: unknown) => AgentEvent;
  /** Told why an agent from an earlier turn was replaced. */
  readonly onReplaced: (error: unknown) => void;
}

/** How a turn ended. Only an agent that has completed its turn can have another. */
export interface TurnEnd {
  readonly outcome: 'completed' | 'failed' | 'failed-early';
  readonly error?: unknown;
}

interface StartedTurn {
  readonly agent: Agent;
  readonly events: AgentEventStream;
  /** Whether the agent is from an earlier turn; the session may have gone on without it since. */
  readonly isCached: boolean;
}

/** Runs one turn. Rejects where it fails before the output is opened; afterwards a failure is an event. */
export async function runTurn(options: TurnOptions): Promise<TurnEnd> {
  const { output } = options;
  const started = await startTurn(options);
  output.open();
  const end = await followTurn(started, options);
  if (end.outcome !== 'failed-early') return end;
  options.onReplaced(end.error);
  try {
    return await followTurn(await startFresh(options), options);
  } catch (error) {
    output.send(options.describeFailure(error));
    return { outcome: 'failed', error };
  }
}

async function startTurn(options: TurnOptions): Promise<StartedTurn> {
  const { turn, onReplaced } = options;
  const { session } = turn;
  if (session.agent !== undefined) {
    try {
      return await start(session.agent, true, options);
    } catch (error) {
      turn.signal.throwIfAborted();
      onReplaced(error);
    }
  }
  return startFresh(options);
}

async function startFresh(options: TurnOptions): Promise<StartedTurn> {
  const { turn, createAgent } = options;
  const agent = await unlessStopped(turn.signal, createAgent);
  turn.session.agent = agent;
  return start(agent, false, options);
}

async function start(agent: Agent, isCached: boolean, options: TurnOptions): Promise<StartedTurn> {
  const { input, turn } = options;
  const events = await unlessStopped(turn.signal, () => agent.startTurn(input.message, input.options));
  return { agent, events, isCached };
}

async function followTurn({ agent, events, isCached }: StartedTurn, options: TurnOptions): Promise<TurnEnd> {
  const { signal } = options.turn;
  const gate = new EventGate(options.output.send, isCached);
  try {
    const isComplete = await observe(events, signal, (event) => gate.next(event));
    if (!isComplete || agent.state.status === 'error') throw new AgentStateError(agent.state.error?.message);
  } catch (error) {
    if (gate.isTentative && !signal.aborted) return { outcome: 'failed-early', error };
    gate.fail(options.describeFailure(error));
    return { outcome: 'failed', error };
  }
  return hasFailed(gate.complete())
    ? { outcome: 'failed', error: new AgentStateError() }
    : { outcome: 'completed' };
}

/** The agent has ended its turn, and says that it failed. */
class AgentStateError extends Error {
  override readonly name = 'AgentStateError';
  constructor(message = 'The agent failed.') {
    super(message);
  }
}

/**
 * Takes events until the stream completes, which resolves to `true`, or `next` answers `false`, which resolves to
 * `false`. Whatever the stream does, the promise settles once, and a stream that has not ended is unsubscribed from.
 */
function observe(
  events: AgentEventStream,
  signal: AbortSignal,
  next: (event: AgentEvent) => boolean,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let subscription: { unsubscribe(): void } | undefined;
    let isOver = false;
    let isStopped = false;
    const end = () => {
      isOver = true;
      signal.removeEventListener('abort', onAbort);
    };
    const stop = (settle: () => void) => {
      if (isOver) return;
      end();
      isStopped = true;
      guard(() => subscription?.unsubscribe());
      settle();
    };
    // What throws here would otherwise reach whoever emitted the event or aborted the turn: with some streams, the process.
    const guard = (work: () => void) => {
      try {
        work();
      } catch (error) {
        stop(() => reject(error));
        reject(error);
      }
    };
    const onAbort = () => stop(() => reject(signal.reason));
    signal.addEventListener('abort', onAbort);
    guard(() => {
      subscription = events.subscribe({
        next: (event) => guard(() => isOver || next(event) || stop(() => resolve(false))),
        error: (error) => {
          end();
          reject(error);
        },
        complete: () => {
          end();
          resolve(true);
        },
      });
      // Stopped before there was anything to unsubscribe from.
      if (isStopped) subscription.unsubscribe();
    });
  });
}

/** Does the work, but waits for it only until the turn is stopped. */
export function unlessStopped<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    const start = async () => work();
    start()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}
