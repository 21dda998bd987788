import type { Agent } from '../../domain/agent.js';
import type { HttpError } from '../failures/http-error.js';
import type { AgentScope } from '../request-context.js';
import { StopSignal } from '../turn/stop-signal.js';

/** What is kept of one session: its agent, and its turn while one runs. */
export class Session {
  readonly contextId: string;
  agent: Agent | undefined;
  /** What the agent runs in. */
  scope: AgentScope | undefined;
  turn: RunningTurn | undefined;
  usedAt = 0;

  constructor(contextId: string) {
    this.contextId = contextId;
  }
}

/** A turn. Its session can have no other until it ends. */
export class RunningTurn {
  readonly session: Session;
  readonly signal = new StopSignal();
  /** True once its agent was asked: from then on, something may have been done. */
  hasStarted = false;
  readonly #onEnd: (() => void)[] = [];

  constructor(session: Session) {
    this.session = session;
  }

  /** Tells the agent, leaves it, and takes from it what it was given, in this order. Resolves when the turn has ended. */
  stop(reason: HttpError): Promise<void> {
    if (this.session.turn !== this) return Promise.resolve();
    this.signal.stop(reason);
    this.session.scope?.revoke();
    return new Promise((resolve) => this.#onEnd.push(resolve));
  }

  end(): void {
    for (const resolve of this.#onEnd) resolve();
  }
}
