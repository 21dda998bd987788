/** Why saves of a context are refused until it has been loaded. */
export type Block = 'load-failed' | 'conflict' | 'deleted' | 'forgotten';

/** What a holder knows of one context. */
export interface SeenContext {
  /** The revision last seen, or `null` if there was no record. */
  readonly revision: string | null;
  /** The fingerprints of the revisions that the record had before, the newest first. */
  readonly lineage: string;
  /** Revisions of writes whose outcome is unknown, made since. */
  readonly attempts: readonly string[];
  /** The largest fencing token that the record has, or may have if one of the attempts is stored. */
  readonly token?: number | undefined;
  /** The names of other records that belong to the session's own, if there are any. */
  readonly parts?: {
    /** Those that hold the stored data, or may hold it if an answer was lost. The next write replaces them. */
    readonly current: readonly string[];
    /** Those that nobody needs any more. */
    readonly replaced: readonly string[];
  };
  readonly block?: Block;
}

/** What is known of one context, linked to those that were used just before and just after it. */
interface Entry {
  readonly contextId: string;
  /** If only a revision is known, as of most contexts, the text alone: there may be very many of them. */
  seen: string | SeenContext;
  older: Entry | undefined;
  newer: Entry | undefined;
}

/** What is known of a context that was never seen: no record is expected. */
export const neverSeen: SeenContext = { revision: null, lineage: '', attempts: [] };

/**
 * Remembers what a holder has seen of each context, the least recently used forgotten first, and a context with a block after
 * all others.
 *
 * The order is kept by links between the entries, not by the map: deleting a key and setting it again is slow in a large map,
 * which keeps a gap for each deleted key until it is rebuilt.
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
    // The forgotten block may have been that of this context: it needs a load before a save.
    return seen ?? (this.#hasForgottenBlock ? { ...neverSeen, block: 'forgotten' } : neverSeen);
  }

  remember(contextId: string, seen: SeenContext): void {
    const kept = seen.revision !== null && isPlain(seen) ? seen.revision : seen;
    const known = this.#entries.get(contextId);
    const entry: Entry = known ?? { contextId, seen: kept, older: undefined, newer: undefined };
    if (known === undefined) this.#entries.set(contextId, entry);
    else this.#chainOf(known).remove(known);
    entry.seen = kept;
    this.#chainOf(entry).append(entry);
    if (this.#entries.size <= this.#limit) return;
    // Not the one that has just been remembered.
    for (const chain of [this.#free, this.#blocked]) {
      const { oldest } = chain;
      if (oldest === undefined || oldest === entry) continue;
      chain.remove(oldest);
      this.#entries.delete(oldest.contextId);
      this.#hasForgottenBlock ||= chain === this.#blocked;
      return;
    }
  }

  #chainOf({ seen }: Entry): Chain {
    return typeof seen === 'object' && seen.block !== undefined ? this.#blocked : this.#free;
  }
}

/** True if nothing is known but the revision. */
function isPlain({ lineage, attempts, token, parts, block }: SeenContext): boolean {
  const isAlone = lineage === '' && attempts.length === 0;
  return isAlone && token === undefined && parts === undefined && block === undefined;
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
