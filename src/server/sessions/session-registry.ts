import type { Agent } from '../../domain/agent.js';
import { serverStopping, turnRunning } from '../failures/http-error.js';
import { setIdleTimer, within } from '../process/timing.js';
import type { Activity } from './activity.js';
import { RunningTurn, Session } from './running-turn.js';

export interface SessionRegistryOptions {
  readonly activity: Activity;
  readonly maxSessions: number;
  readonly idleSeconds: number;
  /** Ends an agent that is no longer needed. Never rejects. */
  readonly retire: (agent: Agent) => Promise<void>;
}

/** The sessions of this process. One without an agent and without a turn is not kept. */
export class SessionRegistry {
  readonly #options: SessionRegistryOptions;
  /** The least recently used first. */
  readonly #sessions = new Map<string, Session>();
  /** Work that must end before the session may have another agent. */
  readonly #leaving = new Map<string, Promise<unknown>>();
  readonly #retiring = new Set<Promise<unknown>>();
  #sweep: ReturnType<typeof setTimeout> | undefined;
  #isStopping = false;

  constructor(options: SessionRegistryOptions) {
    this.#options = options;
  }

  find(contextId: string): Session | undefined {
    return this.#sessions.get(contextId);
  }

  /** How many turns run. */
  get runningTurns(): number {
    let count = 0;
    for (const { turn } of this.#sessions.values()) if (turn !== undefined) count++;
    return count;
  }

  /** Begins a turn. Until `end`, the session has no other turn and keeps its agent. */
  begin(contextId: string): RunningTurn {
    if (this.#isStopping) throw serverStopping();
    const known = this.#sessions.get(contextId);
    if (known?.turn !== undefined) throw turnRunning();
    const session = known ?? new Session(contextId);
    const turn = new RunningTurn(session);
    session.turn = turn;
    this.#options.activity.begin();
    if (known === undefined) {
      this.#sessions.set(contextId, session);
      this.#evict();
    }
    return turn;
  }

  /** Ends the turn. Without `keepAgent`, the agent is dropped as it is. */
  end(turn: RunningTurn, keepAgent: boolean): void {
    const { session } = turn;
    session.turn = undefined;
    session.scope?.leave();
    if (!keepAgent) session.agent = undefined;
    this.#touch(session);
    if (session.agent === undefined) this.#sessions.delete(session.contextId);
    this.#options.activity.end();
    this.#evict();
    this.#scheduleSweep();
    turn.end();
  }

  /** Waits for the end of an earlier agent of this session. */
  async settled(contextId: string): Promise<void> {
    await this.#leaving.get(contextId);
  }

  /** Drops the idle agent of a session, and lets it have no other until `look` is done. */
  withoutAgent<Result>(contextId: string, look: () => Promise<Result>): Promise<Result> {
    const session = this.#sessions.get(contextId);
    if (session !== undefined) session.agent = undefined;
    if (session?.turn === undefined) this.#sessions.delete(contextId);
    const result = look();
    this.#leave(contextId, result);
    return result;
  }

  /** Lets no further turn begin, gives the running ones a grace period, stops them, and retires all agents. */
  async stop(graceSeconds: number, reason = serverStopping()): Promise<void> {
    this.#isStopping = true;
    await within(graceSeconds, this.#options.activity.idle());
    const turns = [...this.#sessions.values()].flatMap((session) => session.turn ?? []);
    await Promise.all(turns.map((turn) => turn.stop(reason)));
    for (const session of this.#sessions.values()) this.#retire(session);
    // What only looks at a state is not waited for: a store may never answer.
    await Promise.all(this.#retiring);
  }

  #touch(session: Session): void {
    this.#sessions.delete(session.contextId);
    this.#sessions.set(session.contextId, session);
    session.usedAt = performance.now();
  }

  #evict(): void {
    let excess = this.#sessions.size - this.#options.maxSessions;
    if (excess <= 0) return;
    for (const session of this.#sessions.values()) {
      if (session.turn !== undefined) continue;
      this.#retire(session);
      if (--excess === 0) return;
    }
  }

  #scheduleSweep(): void {
    if (this.#sweep !== undefined) return;
    const oldest = [...this.#sessions.values()].find((session) => session.turn === undefined);
    if (oldest === undefined) return;
    const dueMs = oldest.usedAt + this.#options.idleSeconds * 1_000 - performance.now();
    this.#sweep = setIdleTimer(() => this.#retireIdle(), dueMs);
  }

  #retireIdle(): void {
    this.#sweep = undefined;
    const limit = performance.now() - this.#options.idleSeconds * 1_000;
    for (const session of this.#sessions.values()) {
      if (session.usedAt > limit) break;
      if (session.turn === undefined) this.#retire(session);
    }
    this.#scheduleSweep();
  }

  #retire({ contextId, agent, scope }: Session): void {
    this.#sessions.delete(contextId);
    if (agent === undefined || scope === undefined) return;
    const retired = scope.runAlone(() => this.#options.retire(agent));
    this.#retiring.add(retired);
    void retired.then(() => this.#retiring.delete(retired));
    this.#leave(contextId, retired);
  }

  #leave(contextId: string, leaving: Promise<unknown>): void {
    const earlier = this.#leaving.get(contextId);
    const all = Promise.allSettled([earlier, leaving]).then(() => {
      if (this.#leaving.get(contextId) === all) this.#leaving.delete(contextId);
    });
    this.#leaving.set(contextId, all);
  }
}
