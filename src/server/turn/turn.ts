import type { Agent, AgentEvent, AgentEventStream, StartTurnOptions } from '../../domain/agent.js';
import type { RunningTurn } from '../sessions/session-registry.js';
import { EventGate, hasFailed } from './event-gate.js';
import { observe, unlessStopped } from './observe.js';

/** What the caller asks the agent: a message, or answers to what it has asked. */
export interface TurnInput {
  readonly message: string | null;
  readonly options: StartTurnOptions;
}

/** Where the events of a turn go. */
interface TurnOutput {
  /** Called once, when the agent has started. From then on, failures are events. */
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

/** How a turn ended. Only an agent that has completed its turn can run another. */
export interface TurnEnd {
  readonly outcome: 'completed' | 'failed' | 'failed-early';
  readonly error?: unknown;
}

interface StartedTurn {
  readonly agent: Agent;
  readonly events: AgentEventStream;
  /** True if the agent is from an earlier turn: another process may have run the session since. */
  readonly isCached: boolean;
}

/** Runs one turn. Rejects if it fails before the output is opened; afterwards a failure is an event. */
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
      turn.signal.throwIfStopped();
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
    if (!hasFailed(gate.complete())) return { outcome: 'completed' };
    return { outcome: 'failed', error: new AgentStateError() };
  } catch (error) {
    if (gate.isTentative && !signal.isStopped) return { outcome: 'failed-early', error };
    gate.fail(options.describeFailure(error));
    return { outcome: 'failed', error };
  }
}

/** The agent has ended its turn and says that it failed. */
class AgentStateError extends Error {
  override readonly name = 'AgentStateError';
  constructor(message = 'The agent failed.') {
    super(message);
  }
}
