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

/** What is known of a context, between those that were used before and after it. */
interface Entry {
  readonly contextId: string;
  /** Of most contexts no more is known than a revision, which is then kept by itself: there may be very many. */
  seen: string | SeenContext;
  older: Entry | undefined;
  newer: Entry | undefined;
}

const neverSeen: SeenContext = { revision: null, attempts: [] };

/**
 * Remembers what an instance has seen of each context, the least recently used forgotten first.
 *
 * The order is in the entries, and not in that of the map: to delete a key and to set it again is slow in a large map, where
 * what was deleted stays in the way until the map is made anew.
 */
export class ContextMemory {
  readonly #limit: number;
  readonly #entries = new Map<string, Entry>();
  #oldest: Entry | undefined;
  #newest: Entry | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What is known of a context; one that was never seen, or has been forgotten, counts as not there. */
  recall(contextId: string): SeenContext {
    const seen = this.#entries.get(contextId)?.seen ?? neverSeen;
    return typeof seen === 'string' ? { ...neverSeen, revision: seen } : seen;
  }

  remember(contextId: string, seen: SeenContext): void {
    const { revision, attempts, block } = seen;
    const isUsual = revision !== null && attempts.length === 0 && block === undefined;
    const kept = isUsual ? revision : seen;
    const known = this.#entries.get(contextId);
    if (known === undefined) {
      this.#add({ contextId, seen: kept, older: undefined, newer: undefined });
    } else {
      known.seen = kept;
      this.#unlink(known);
      this.#append(known);
    }
  }

  #add(entry: Entry): void {
    this.#entries.set(entry.contextId, entry);
    this.#append(entry);
    if (this.#entries.size <= this.#limit || this.#oldest === undefined) return;
    this.#entries.delete(this.#oldest.contextId);
    this.#unlink(this.#oldest);
  }

  #unlink({ older, newer }: Entry): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }

  #append(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }
}
