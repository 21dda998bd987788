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

/** Where the events of a turn go. */
export interface EventOutput {
  send(event: AgentEvent): void;
  /** Takes the event that the turn ends with, in place of any it was given before. */
  finish(event: AgentEvent): void;
}

/**
 * Decides when an event is sent on.
 *
 * An event that can be the last of its turn is held until another follows, since only the end of the turn tells whether
 * it went well. With `tentative`, all are held until the agent has done something: until then it can be replaced.
 */
export class EventGate {
  readonly #output: EventOutput;
  #tentative: AgentEvent[] | null;
  #held: AgentEvent | undefined;
  #isSilent = true;

  constructor(output: EventOutput, tentative: boolean) {
    this.#output = output;
    this.#tentative = tentative ? [] : null;
  }

  /** True until the first event is sent on. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** True while the agent has done nothing yet that a second try would repeat. */
  get isTentative(): boolean {
    return this.#tentative !== null;
  }

  /** The event that the turn has ended with, if it is over now. */
  get last(): AgentEvent | undefined {
    return this.#tentative?.at(-1) ?? this.#held;
  }

  next(event: AgentEvent): void {
    if (event.kind.startsWith('internal:')) return;
    if (this.#tentative === null) {
      this.#pass(event);
      return;
    }
    this.#tentative.push(event);
    if (!preliminaryKinds.has(event.kind)) this.#commit();
  }

  /** Ends with what is held, or with an event of its own if the agent sent none. */
  complete(): void {
    this.#commit();
    this.#output.finish(this.#held ?? { kind: 'task-complete' });
  }

  /** Ends with an event in place of the last one, if that is held. */
  fail(event: AgentEvent): void {
    try {
      this.#commit();
    } catch {
      // An event that cannot be sent is left out.
    }
    this.#output.finish(event);
  }

  #commit(): void {
    const events = this.#tentative ?? [];
    this.#tentative = null;
    for (const event of events) this.#pass(event);
  }

  #pass(event: AgentEvent): void {
    if (this.#held !== undefined) this.#emit(this.#held);
    this.#held = canEndTurn(event) ? event : undefined;
    if (this.#held === undefined) this.#emit(event);
  }

  #emit(event: AgentEvent): void {
    this.#isSilent = false;
    this.#output.send(event);
  }
}

export function hasFailed(event: AgentEvent): boolean {
  return (
    (event.kind === 'task-status' && Reflect.get(event, 'status') === 'failed') || event.kind === 'error'
  );
}

function canEndTurn(event: AgentEvent): boolean {
  if (event.kind === 'task-status') return !runningStatuses.has(Reflect.get(event, 'status'));
  return finalKinds.has(event.kind);
}
