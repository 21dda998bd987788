import type { Agent } from '../../domain/agent.js';
import type { HttpError } from '../failures/http-error.js';
import type { AgentScope } from '../request-context.js';
import { StopSignal } from '../turn/stop-signal.js';

/** What is kept of one session: its agent, and its turn while one runs. */
export interface Session {
  readonly contextId: string;
  agent?: Agent;
  /** What the agent runs in. */
  scope?: AgentScope;
  turn?: RunningTurn;
  usedAt: number;
}

/** A turn. Its session can have no other until it ends. */
export class RunningTurn {
  readonly session: Session;
  readonly signal = new StopSignal();
  /** True once its agent was asked: from then on, something may have been done. */
  hasStarted = false;
  #end = () => {};
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  constructor(session: Session) {
    this.session = session;
  }

  /** Tells the agent, leaves it, and takes from it what it was given, in this order. Resolves when the turn has ended. */
  stop(reason: HttpError): Promise<void> {
    if (this.session.turn === this) {
      this.signal.stop(reason);
      this.session.scope?.revoke();
    }
    return this.ended;
  }

  end(): void {
    this.#end();
  }
}
