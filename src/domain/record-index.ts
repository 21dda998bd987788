/**
 * What a backend implements beside its `RecordStore` if its records can be listed. Without it, what needs a list is refused with
 * `CONFIGURATION`.
 *
 * @example
 * const list = (index: RecordIndex) => index.keys('agent#support', { prefix: 'context#', limit: 100 });
 */
export interface RecordIndex {
  /**
   * Sort keys of one partition, expired records included.
   *
   * Every record that is there from the first page to the last is on exactly one of them. One that comes or goes in between may be on
   * one.
   */
  keys(partition: string, options: KeyListOptions): Promise<KeyPage>;
}

/**
 * Which keys to list.
 *
 * @example
 * const options: KeyListOptions = { prefix: 'context#', after: page.next, limit: 100 };
 */
export interface KeyListOptions {
  /** What the sort keys begin with. */
  readonly prefix: string;
  /** The `next` of the page before. @defaultValue from the beginning */
  readonly after?: string | undefined;
  /** At most so many keys on a page: it may have fewer, or none, although others follow. */
  readonly limit: number;
}

/**
 * Some of the keys.
 *
 * @example
 * const isLast = ({ next }: KeyPage) => next === undefined;
 */
export interface KeyPage {
  readonly keys: readonly string[];
  /** Where the next page begins; absent after the last one. */
  readonly next?: string;
}

/** A page of keys, for a backend that has all of them at hand, in any order. */
export function toKeyPage(all: readonly string[], after: string, limit: number): KeyPage {
  const keys = all.filter((key) => key > after).sort();
  const page = keys.slice(0, limit);
  const last = page.at(-1);
  return { keys: page, ...(keys.length > page.length && last !== undefined && { next: last }) };
}
