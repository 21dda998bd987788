import type { Agent } from '../../domain/agent.js';
import type { Redactor } from '../failures/redactor.js';
import { type AgentContext, AgentScope, type TrackTask } from '../request-context.js';
import { Attempt, type AttemptOptions, type TurnEnd } from './attempt.js';
import { unlessStopped } from './observe.js';

export interface TurnOptions extends AttemptOptions {
  /** Called once for each agent that tries: the store in it becomes the holder of that agent. */
  createContext(): AgentContext;
  readonly redactor: Redactor;
  readonly trackTask: TrackTask;
  createAgent(context: AgentContext): Promise<Agent>;
  /** True if nobody else can begin a turn of the session: an agent that was refused before it did anything can start over. */
  readonly hasLease: boolean;
}

/** How many new agents may try, one after another: those who still write under an earlier lease stop soon. */
const maxAgents = 4;

/** Runs one turn. Rejects if it fails before the agent has said anything; afterwards a failure is an event. */
export function runTurn(options: TurnOptions): Promise<TurnEnd> {
  const { turn, redactor } = options;
  const { agent, scope } = turn.session;
  if (agent === undefined || scope === undefined) return runNew(options, 1);
  const startOver = () => {
    scope.leave();
    return runNew(options, 1);
  };
  const attempt = new Attempt(agent, 'live', options, startOver);
  return scope.run(options.createContext(), redactor, () => attempt.run());
}

/** Runs one turn by an agent made for it, so many of which have been made with this one. */
function runNew(options: TurnOptions, agents: number): Promise<TurnEnd> {
  const { turn, redactor, trackTask, hasLease } = options;
  const { session, signal } = turn;
  const kind = hasLease && agents < maxAgents ? 'new' : 'last';
  // Not the scope of an earlier agent: what that has started must never see this request.
  const scope = new AgentScope(session.contextId, trackTask);
  session.scope = scope;
  const context = options.createContext();
  const startOver = () => {
    // The next one has its place: what this one still does must not be written beside that.
    scope.leave();
    scope.revoke();
    return runNew(options, agents + 1);
  };
  return scope.run(context, redactor, async () => {
    const agent = await unlessStopped(signal, () => options.createAgent(context));
    session.agent = agent;
    return new Attempt(agent, kind, options, startOver).run();
  });
}
