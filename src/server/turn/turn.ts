import type { Agent } from '../../domain/agent.js';
import type { Redactor } from '../failures/redactor.js';
import { type AgentContext, AgentScope, type TrackTask } from '../request-context.js';
import { Attempt, type AttemptOptions, type TurnEnd } from './attempt.js';
import { unlessStopped } from './observe.js';

export interface TurnOptions extends AttemptOptions {
  readonly context: AgentContext;
  readonly redactor: Redactor;
  readonly trackTask: TrackTask;
  readonly createAgent: (context: AgentContext) => Promise<Agent>;
}

/** Runs one turn. Rejects if it fails before the agent has said anything; afterwards a failure is an event. */
export async function runTurn(options: TurnOptions): Promise<TurnEnd> {
  const { turn, context, redactor, createAgent, trackTask } = options;
  const { session, signal } = turn;
  const { agent, scope } = session;
  if (agent !== undefined && scope !== undefined) {
    const end = await scope.run(context, redactor, () => new Attempt(agent, true, options).run());
    if (end.outcome !== 'outdated') return end;
    scope.leave();
  }
  // Not the scope of an earlier agent: what that has started must never see this request.
  session.scope = new AgentScope(session.contextId, trackTask);
  return session.scope.run(context, redactor, async () => {
    session.agent = await unlessStopped(signal, () => createAgent(context));
    return new Attempt(session.agent, false, options).run();
  });
}
