import { misused, replayMismatch } from './agent-error.js';
import type { Entry, Journal, OpenQuestion } from './journal.js';

/** For how many turns of the event loop a call waits for those that have come before it. */
const patience = 100;

/** A call that a turn makes, with what is known of it from an earlier run. */
export interface Found {
  readonly occurrence: number;
  /** How many entries have been settled before. */
  readonly after: number;
  /** How it was settled, if it was. */
  readonly entry: Entry | undefined;
  /** The question that it has asked, if that still waits. */
  readonly question: OpenQuestion | undefined;
}

/** Follows a turn that runs again on the way it has taken before. */
export class Replay {
  readonly #journal: Journal;
  /** What was there before this run. */
  readonly #known: readonly Entry[];
  readonly #passed = new Set<Entry>();
  readonly #counts = new Map<string, number>();
  readonly #running = new Set<string>();

  constructor(journal: Journal) {
    this.#journal = journal;
    this.#known = [...journal.entries];
  }

  /** True once the run has come past everything that earlier runs have done. */
  get isDone(): boolean {
    return this.#passed.size === this.#known.length;
  }

  /** True once the run has come past every answer: from there on, what it says is new. */
  get isAnswered(): boolean {
    return this.#known.every((entry) => entry.kind === 'step' || this.#passed.has(entry));
  }

  /**
   * Finds what is known of a call.
   *
   * @throws AgentError `REPLAY_MISMATCH` if other calls came before it in the earlier run; `MISUSED` if a step of that name is running.
   */
  async find(kind: Entry['kind'], name: string): Promise<Found> {
    const { entries, questions } = this.#journal;
    const title = JSON.stringify([kind, name]);
    if (this.#running.has(title))
      throw misused(`The step "${name}" is still running. Steps that run side by side need different names.`);
    const occurrence = (this.#counts.get(title) ?? 0) + 1;
    this.#counts.set(title, occurrence);
    const isThis = (call: Entry | OpenQuestion) =>
      call.kind === kind && call.name === name && call.occurrence === occurrence;
    const entry = this.#known.find(isThis);
    const question = questions.find(isThis);
    const after = entries.length;
    if (entry !== undefined) this.#passed.add(entry);
    if (kind === 'step' && entry === undefined) this.#running.add(title);
    await this.#requirePassed(entry?.after ?? question?.after ?? this.#known.length);
    return { occurrence, after, entry, question };
  }

  /** A step has ended, and others of its name may run. */
  end(name: string): void {
    this.#running.delete(JSON.stringify(['step', name]));
  }

  async #requirePassed(count: number): Promise<void> {
    const first = this.#known.slice(0, count);
    const isPassed = () => first.every((entry) => this.#passed.has(entry));
    // Branches that run side by side come to their calls one after the other.
    for (let turns = 0; turns < patience && !isPassed(); turns++) await new Promise(setImmediate);
    if (!isPassed()) throw replayMismatch();
  }
}
