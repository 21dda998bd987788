import { concat, defer, from, type Observable } from 'rxjs';
import type { Agent, AgentEvent, AgentEventStream, StartTurnOptions } from '../../src/domain/agent.js';
import type { AgentState, PendingToolInput } from '../../src/domain/agent-state.js';

export interface FakeTurn {
  readonly agent: FakeAgent;
  readonly message: string | null;
  readonly options: StartTurnOptions;
}

export type Script = (turn: FakeTurn) => AgentEventStream | Promise<AgentEventStream>;

/** An agent that does in each turn what its script says. */
export class FakeAgent implements Agent {
  readonly agentId = 'fake';
  readonly contextId: string;
  state: AgentState = createState();
  readonly turns: FakeTurn[] = [];
  shutdowns = 0;
  readonly #script: Script;

  constructor(contextId: string, script: Script = echo) {
    this.contextId = contextId;
    this.#script = script;
  }

  async startTurn(message: string | null, options: StartTurnOptions = {}): Promise<AgentEventStream> {
    const turn = { agent: this, message, options };
    this.turns.push(turn);
    return this.#script(turn);
  }

  async shutdown(): Promise<void> {
    this.shutdowns++;
    this.state = { ...this.state, status: 'shutdown' };
  }
}

export function createState(changes: Partial<AgentState> = {}): AgentState {
  const time = new Date('2026-01-02T03:04:05.678Z');
  return { status: 'idle', turnCount: 0, lastActivity: time, createdAt: time, ...changes };
}

/** An event with whatever fields. */
export function event(kind: string, fields: Record<string, unknown> = {}): AgentEvent {
  const whole = { kind, contextId: 'a-context', taskId: 'task-1', ...fields };
  return whole;
}

/** Says what it was told, in two parts. */
export const echo: Script = ({ agent, message }) =>
  events(agent, [
    event('task-created'),
    event('content-delta', { delta: 'You said ' }),
    event('content-delta', { delta: String(message) }),
    event('task-complete', { content: `You said ${message}` }),
  ]);

/** A question that waits for an answer. */
export const pendingInput: PendingToolInput = {
  inputId: 'input-1',
  toolCallId: 'call-1',
  toolName: 'ask',
  toolArguments: {},
  taskId: 'task-1',
  inputType: 'clarification',
  prompt: 'Which?',
};

/** Asks a question that waits for an answer; says thanks for one. */
export const ask: Script = ({ agent, message }) => {
  if (message === null) {
    return events(agent, [event('task-complete', { content: 'Thanks' })], { pendingToolInputs: undefined });
  }
  return events(agent, [event('input-required', { inputId: 'input-1' })], {
    status: 'waiting-input',
    pendingToolInputs: [pendingInput],
  });
};

/** Emits the events, with the state that the turn leaves in place before the last of them. */
export function events(
  agent: FakeAgent,
  list: AgentEvent[],
  changes: Partial<AgentState> = {},
): Observable<AgentEvent> {
  const last = defer(() => {
    const { turnCount } = agent.state;
    agent.state = { ...agent.state, status: 'idle', turnCount: turnCount + 1, ...changes };
    return from(list.slice(-1));
  });
  return concat(from(list.slice(0, -1)), last);
}
