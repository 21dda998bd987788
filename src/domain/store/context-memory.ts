/** Why saves of a context are refused until it has been loaded. */
export type Block = 'load-failed' | 'conflict' | 'deleted' | 'forgotten';

/** What a holder knows of one context. */
export interface SeenContext {
  /** The revision last seen, or `null` if there was no record. */
  readonly revision: string | null;
  /** What that record went through before; see `extendLineage`. */
  readonly lineage: string;
  /** Revisions of writes whose outcome is unknown, made since. */
  readonly attempts: readonly string[];
  /** The names of other records that belong to the session's own, if there are any. */
  readonly parts?: {
    /** Those that hold the data of what is stored, or may do so: the next write replaces them. */
    readonly current: readonly string[];
    /** Those that nothing needs any more. */
    readonly replaced: readonly string[];
  };
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

const neverSeen: SeenContext = { revision: null, lineage: '', attempts: [] };

/**
 * Remembers what a holder has seen of each context, the least recently used forgotten first, and a context with a block after
 * all others.
 *
 * The order is in the entries, and not in that of the map: to delete a key and to set it again is slow in a large map, where
 * what was deleted stays in the way until the map is made anew.
 */
export class ContextMemory {
  readonly #limit: number;
  readonly #entries = new Map<string, Entry>();
  readonly #free = new Chain();
  readonly #blocked = new Chain();
  #hasForgottenBlock = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What is known of a context; one that was never seen, or has been forgotten, counts as not there. */
  recall(contextId: string): SeenContext {
    const seen = this.#entries.get(contextId)?.seen;
    if (typeof seen === 'string') return { ...neverSeen, revision: seen };
    // It may be one whose block has been forgotten: a save would have to be refused.
    return seen ?? (this.#hasForgottenBlock ? { ...neverSeen, block: 'forgotten' } : neverSeen);
  }

  remember(contextId: string, seen: SeenContext): void {
    const { revision, lineage, attempts, parts, block } = seen;
    const isUsual = lineage === '' && attempts.length === 0 && parts === undefined && block === undefined;
    const kept = isUsual && revision !== null ? revision : seen;
    const known = this.#entries.get(contextId);
    const entry: Entry = known ?? { contextId, seen: kept, older: undefined, newer: undefined };
    if (known === undefined) this.#entries.set(contextId, entry);
    else this.#chainOf(known).remove(known);
    entry.seen = kept;
    this.#chainOf(entry).append(entry);
    if (this.#entries.size > this.#limit) this.#forgetOneBefore(entry);
  }

  #forgetOneBefore(newest: Entry): void {
    const { oldest: free = newest } = this.#free;
    const oldest = free === newest ? (this.#blocked.oldest ?? newest) : free;
    const chain = this.#chainOf(oldest);
    chain.remove(oldest);
    this.#entries.delete(oldest.contextId);
    this.#hasForgottenBlock ||= chain === this.#blocked;
  }

  #chainOf({ seen }: Entry): Chain {
    return typeof seen === 'object' && seen.block !== undefined ? this.#blocked : this.#free;
  }
}

/** Entries in the order of their last use. */
class Chain {
  oldest: Entry | undefined;
  #newest: Entry | undefined;

  remove({ older, newer }: Entry): void {
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }

  append(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }
}
