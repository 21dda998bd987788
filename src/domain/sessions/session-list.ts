/**
 * Which sessions to list.
 *
 * @example
 * const next = await agentStore.listSessions({ after: page.next, limit: 50 });
 */
export interface SessionListOptions {
  /** The `next` of the page before. @defaultValue from the beginning */
  readonly after?: string | undefined;
  /** At most so many sessions on a page. @defaultValue 100 */
  readonly limit?: number;
}

/**
 * What a list says of a session.
 *
 * @example
 * const ageMs = ({ updatedAt }: SessionSummary) => Date.now() - updatedAt.getTime();
 */
export interface SessionSummary {
  readonly agentId: string;
  readonly contextId: string;
  /** The status of its state; `'unreadable'` if what is stored cannot be read. */
  readonly status: string;
  /** When it was last active, as its state says in `lastActivity`; the beginning of 1970 if that cannot be read. */
  readonly updatedAt: Date;
  /** The bytes of its state as text, before it is compressed, which `maxStateBytes` limits; 0 if it cannot be read. */
  readonly bytes: number;
  /** When it expires, if it is not saved before. */
  readonly expiresAt?: Date;
}

/**
 * Some of the sessions.
 *
 * @example
 * const isLast = ({ next }: SessionPage) => next === undefined;
 */
export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  /** Where the next page begins; absent after the last one. */
  readonly next?: string;
}

/**
 * What an agent store can do besides if its backend can list its records.
 *
 * @example
 * async function countSessions(list: SessionList): Promise<number> {
 *   let count = 0;
 *   let after: string | undefined;
 *   do {
 *     const page = await list.listSessions({ after, limit: 1_000 });
 *     count += page.sessions.length;
 *     after = page.next;
 *   } while (after !== undefined);
 *   return count;
 * }
 */
export interface SessionList {
  /**
   * The agent's sessions that have a state, those left out whose state has expired. Nothing is remembered of what is seen.
   *
   * Every session that is there from the first page to the last is on exactly one of them. One that comes or goes meanwhile may be on
   * one. A page may have fewer sessions than its limit, or none, although others follow: only a page without `next` is the last.
   *
   * @throws AgentStoreError `CONFIGURATION` if the backend cannot list its records, or the key schema cannot turn keys into ids.
   */
  listSessions(options?: SessionListOptions): Promise<SessionPage>;
}
