import type { Agent } from '../../domain/agent.js';
import type { Redactor } from '../failures/redactor.js';
import { type AgentContext, AgentScope, type TrackTask } from '../request-context.js';
import { Attempt, type AttemptOptions, type TurnEnd } from './attempt.js';
import { unlessStopped } from './observe.js';

export interface TurnOptions extends AttemptOptions {
  /** Called once for each agent that tries: the store in it becomes the holder of that agent. */
  readonly createContext: () => AgentContext;
  readonly redactor: Redactor;
  readonly trackTask: TrackTask;
  readonly createAgent: (context: AgentContext) => Promise<Agent>;
  /** True if nobody else can begin a turn of the session: an agent that was refused before it did anything can start over. */
  readonly hasLease: boolean;
}

/** How many new agents may try, one after another: those who still write under an earlier lease stop soon. */
const maxAgents = 4;

/** Runs one turn. Rejects if it fails before the agent has said anything; afterwards a failure is an event. */
export function runTurn(options: TurnOptions): Promise<TurnEnd> {
  const { turn, createContext, redactor } = options;
  const { agent, scope } = turn.session;
  if (agent === undefined || scope === undefined) return runNew(options);
  const run = () => new Attempt(agent, 'live', options).run();
  return scope.run(createContext(), redactor, run).then((end) => {
    if (end.outcome !== 'outdated') return end;
    scope.leave();
    return runNew(options);
  });
}

/** Runs one turn by an agent made for it. */
async function runNew(options: TurnOptions): Promise<TurnEnd> {
  const { turn, createContext, redactor, createAgent, trackTask, hasLease } = options;
  const { session, signal } = turn;
  for (let agents = 1; ; agents++) {
    const kind = hasLease && agents < maxAgents ? 'new' : 'last';
    // Not the scope of an earlier agent: what that has started must never see this request.
    const newScope = new AgentScope(session.contextId, trackTask);
    session.scope = newScope;
    const context = createContext();
    const end = await newScope.run(context, redactor, async () => {
      session.agent = await unlessStopped(signal, () => createAgent(context));
      return new Attempt(session.agent, kind, options).run();
    });
    if (end.outcome !== 'outdated') return end;
    // The next one has its place: what this one still does must not be written beside that.
    newScope.leave();
    newScope.revoke();
  }
}
