import type { SessionUsage } from '../../domain/turn-store.js';

/** How many sessions are counted, the least recently used forgotten first. */
const maxSessions = 100_000;

const unused: SessionUsage = { turns: 0, tokens: 0 };

/** How the sessions were used, for a server without a turn store: as far as this process knows. */
export class LocalUsage {
  readonly #usage = new Map<string, SessionUsage>();

  of(contextId: string): SessionUsage {
    return this.#usage.get(contextId) ?? unused;
  }

  add(contextId: string, { turns = 0, tokens = 0 }: Partial<SessionUsage>): void {
    const known = this.of(contextId);
    this.#usage.delete(contextId);
    this.#usage.set(contextId, { turns: known.turns + turns, tokens: known.tokens + tokens });
    const [oldest] = this.#usage.keys();
    if (this.#usage.size > maxSessions && oldest !== undefined) this.#usage.delete(oldest);
  }
}
