import type { Stores } from './backends.js';
import { completedOf } from './soak-agent.js';

/** How a request ended for its caller. */
export type Outcome = 'complete' | 'failed' | 'cancelled' | 'interrupted' | 'refused' | 'unknown';

export interface HeardEvent {
  readonly turn: string;
  readonly number: number;
  readonly kind: string;
  readonly data: string;
}

/** What all callers have heard, and what is wrong with it. */
export class Ledger {
  readonly outcomes: Record<string, number> = {};
  readonly violations: string[] = [];
  events = 0;
  /** What is at each place of each turn, as whoever came first has heard it. */
  readonly #heard = new Map<string, string>();
  /** The prompts of each session that were reported complete. */
  readonly #completed = new Map<string, Set<string>>();

  /** Notes an event, and that the caller has heard everything before it. */
  hear({ turn, number, kind, data }: HeardEvent, last: number): void {
    this.events++;
    const isEnd = number === Number.MAX_SAFE_INTEGER;
    if (number !== last + 1 && !isEnd) this.#violate(`${turn}:${number} came after ${last}`);
    if (data.includes('"EVENTS_LOST"')) this.#violate(`${turn}: events were lost after ${last}`);
    const text = `${kind} ${data}`;
    const known = this.#heard.get(`${turn}:${number}`) ?? text;
    if (known !== text) this.#violate(`${turn}:${number} is "${known}" and "${text}"`);
    this.#heard.set(`${turn}:${number}`, known);
  }

  end(session: string, id: string, outcome: Outcome): void {
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    if (outcome !== 'complete') return;
    const completed = this.#completed.get(session) ?? new Set();
    this.#completed.set(session, completed.add(id));
  }

  note(problem: string): void {
    this.#violate(problem);
  }

  /** Compares what is stored of a session with what was reported of it. */
  async check({ agentStore, messageStore }: Stores, session: string): Promise<void> {
    const [state, messages] = await Promise.all([agentStore.load(session), messageStore.getAll(session)]);
    if (state === null) {
      this.#violate(`${session} has no state`);
      return;
    }
    const done = completedOf(state);
    if (state.turnCount !== done.length)
      this.#violate(`${session} has ${state.turnCount} turns, and ${done.length} that are complete`);
    for (const id of this.#completed.get(session) ?? [])
      if (!done.includes(id)) this.#violate(`${session} has lost ${id}, which was reported complete`);
    for (const id of new Set(messages.map(({ content }) => content.replace('answer to ', '')))) {
      const asked = messages.filter(({ content }) => content === id).length;
      const answered = messages.filter(({ content }) => content === `answer to ${id}`).length;
      if (asked !== 1) this.#violate(`${session}: ${id} was run ${asked} times`);
      if (answered > 1 || (done.includes(id) && answered !== 1))
        this.#violate(`${session}: ${id} has ${answered} answers`);
    }
    for (const id of done)
      if (!messages.some(({ content }) => content === id))
        this.#violate(`${session}: ${id} is not in the history`);
  }

  #violate(problem: string): void {
    this.violations.push(problem);
  }
}
