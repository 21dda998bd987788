/** Why saves of a context are refused until it has been loaded. */
export type Block = 'load-failed' | 'conflict' | 'deleted';

/** What an instance knows of one context. */
export interface SeenContext {
  /** The revision last seen, or `null` where there was no record. */
  readonly revision: string | null;
  /** Revisions of writes whose outcome is unknown, made since. */
  readonly attempts: readonly string[];
  readonly block?: Block;
}

const neverSeen: SeenContext = { revision: null, attempts: [] };

/** Remembers what an instance has seen of each context, the least recently used forgotten first. */
export class ContextMemory {
  readonly #limit: number;
  /** Of most contexts no more is known than a revision, which is then kept by itself: there may be very many. */
  readonly #seen = new Map<string, string | SeenContext>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What is known of a context; one that was never seen, or has been forgotten, counts as not there. */
  recall(contextId: string): SeenContext {
    const seen = this.#seen.get(contextId) ?? neverSeen;
    return typeof seen === 'string' ? { ...neverSeen, revision: seen } : seen;
  }

  remember(contextId: string, seen: SeenContext): void {
    this.#seen.delete(contextId);
    const { revision, attempts, block } = seen;
    const isUsual = revision !== null && attempts.length === 0 && block === undefined;
    this.#seen.set(contextId, isUsual ? revision : seen);
    if (this.#seen.size <= this.#limit) return;
    for (const oldest of this.#seen.keys()) {
      this.#seen.delete(oldest);
      break;
    }
  }
}
