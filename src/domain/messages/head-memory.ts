import type { Head } from './head.js';

/** A head as it is stored. */
export interface StoredHead {
  readonly revision: string;
  /** When the record stops to exist, in Unix seconds. */
  readonly expiresAt?: number;
  readonly token?: number;
  /** `null` if what is stored cannot be read. */
  readonly head: Head | null;
}

/** What a store knows of one history. */
export interface KnownHistory {
  /** What was stored when it was last read or written; absent if that is not known. That nothing was stored is not remembered. */
  stored?: StoredHead | undefined;
  /** Tells the writes of this store from those of others. */
  writer?: string | undefined;
  /** The fingerprints of its newest writes: all since the last one that is known to be stored. */
  readonly written: string[];
  /** An append of which it is not known whether it took effect. */
  pending?: PendingAppend | undefined;
  /** The stored revision whose replaced parts have been removed. */
  clean?: string | undefined;
}

interface PendingAppend {
  /** The entry without its times, as text: an equal append is the same one again. */
  readonly text: string;
  readonly attempts: readonly string[];
  /** The fencing token that they were sent with. */
  readonly token: number | undefined;
  /** True once one of the attempts has been seen stored. */
  isStored: boolean;
}

/** A head may have 4 KB. */
const maxHistories = 1_000;

/** Remembers what is known of each history, the least recently used forgotten first. */
export class HistoryMemory<Known> {
  readonly #known = new Map<string, Known>();
  readonly #create: () => Known;

  /** @param create - What is known of a history that was never seen, or has been forgotten. */
  constructor(create: () => Known) {
    this.#create = create;
  }

  recall(contextId: string): Known {
    const known = this.#known.get(contextId) ?? this.#create();
    this.#known.delete(contextId);
    this.#known.set(contextId, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxHistories && oldest !== undefined) this.#known.delete(oldest);
    return known;
  }
}
