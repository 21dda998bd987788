import type { AgentEvent } from '../../domain/agent.js';

/** The kinds an agent sends before it does anything that a second try would repeat. */
const preliminaryKinds = new Set(['task-created', 'task-status', 'input-received', 'auth-completed']);
/** The kinds a turn can end with, besides a status. */
const finalKinds = new Set([
  'task-complete',
  'input-required',
  'tool-input-required',
  'auth-required',
  'error',
]);
const runningStatuses = new Set<unknown>(['submitted', 'working']);

/**
 * Decides when an event is sent on.
 *
 * An event that can be the last of its turn is held until another follows, since only the end of the turn tells whether
 * it went well. With `tentative`, all are held until the agent has done something; if it fails before, nothing is sent.
 */
export class EventGate {
  readonly #send: (event: AgentEvent) => void;
  #tentative: AgentEvent[] | null;
  #held: AgentEvent | undefined;

  constructor(send: (event: AgentEvent) => void, tentative: boolean) {
    this.#send = send;
    this.#tentative = tentative ? [] : null;
  }

  /** True until the first event is sent on. */
  get isTentative(): boolean {
    return this.#tentative !== null;
  }

  /** Takes an event. `false` if the agent has failed before it did anything. */
  next(event: AgentEvent): boolean {
    if (event.kind.startsWith('internal:')) return true;
    if (this.#tentative === null) {
      this.#pass(event);
    } else if (hasFailed(event)) {
      return false;
    } else {
      this.#tentative.push(event);
      if (!preliminaryKinds.has(event.kind)) this.#commit();
    }
    return true;
  }

  /** Sends what is held, or a last event if the agent sent none. Returns the last event. */
  complete(): AgentEvent {
    this.#commit();
    const last = this.#held ?? { kind: 'task-complete' };
    this.#send(last);
    return last;
  }

  /** Sends an error event in place of what is held. */
  fail(error: AgentEvent): void {
    try {
      this.#commit();
    } catch {
      // What cannot be sent is left out.
    }
    this.#send(error);
  }

  #commit(): void {
    const events = this.#tentative ?? [];
    this.#tentative = null;
    for (const event of events) this.#pass(event);
  }

  #pass(event: AgentEvent): void {
    if (this.#held !== undefined) this.#send(this.#held);
    this.#held = canEndTurn(event) ? event : undefined;
    if (this.#held === undefined) this.#send(event);
  }
}

export function hasFailed(event: AgentEvent): boolean {
  return event.kind === 'task-status' && Reflect.get(event, 'status') === 'failed';
}

function canEndTurn(event: AgentEvent): boolean {
  if (event.kind === 'task-status') return !runningStatuses.has(Reflect.get(event, 'status'));
  return finalKinds.has(event.kind);
}
