import type { Attributes } from '../store/agent-store-options.js';
import { addEntry, emptyHead } from './build-head.js';
import type { Entry } from './head.js';
import type { StoredHead } from './head-memory.js';
import type { History, MessageCore } from './message-core.js';
import { isTurnStart } from './seen-history.js';
import { changeHead, isErased, isStored, readHead, refuseLate, UnknownOutcome } from './write-history.js';

/** What one append adds. */
export interface Appended {
  readonly entry: Entry;
  readonly attributes: Attributes | undefined;
  /** Tells it from other appends: one with the same text, right after one whose outcome is not known, is the same one again. */
  readonly text: string;
}

/** Adds an entry to a history, exactly once. */
export async function appendEntry(
  core: MessageCore,
  history: History,
  { entry, attributes, text }: Appended,
): Promise<void> {
  const known = core.memory.recall(history.ids.contextId);
  const { agent } = history;
  const { pending } = known;
  let base: StoredHead | null | undefined;
  if (pending !== undefined) {
    base = await readHead(core, history);
    pending.isStored ||= isStored(base, pending.attempts);
    if (isErased(base) && !pending.isStored) throw refuseLate(known);
  }
  const isSame = pending?.text === text;
  // What was sent in another turn has not stored the token of this one, which then goes there alone.
  const isSameTurn = pending?.token === agent?.token;
  const isThere = isSame && pending.isStored;
  try {
    if (!isThere || !isSameTurn)
      await changeHead(core, history, {
        attributes,
        attempts: isSame && isSameTurn ? pending.attempts : [],
        base,
        mustHaveSeen: isTurnStart(agent),
        endsWithErase: true,
        make: async (head, _revision, createPart) =>
          isThere ? head : addEntry(core.records, head, entry, createPart),
      });
    known.pending = undefined;
    if (agent !== undefined) agent.seen.begun = agent.token;
  } catch (error) {
    if (error instanceof UnknownOutcome && !isThere)
      known.pending = { text, attempts: error.attempts, token: agent?.token, isStored: false };
    throw error;
  }
}

/** Replaces a history by an empty one, and then removes what it was made of. */
export async function clearHistory(
  core: MessageCore,
  history: History,
  attributes: Attributes | undefined,
): Promise<void> {
  const known = core.memory.recall(history.ids.contextId);
  known.stored = undefined;
  await changeHead(core, history, {
    attributes,
    replacesUnreadable: true,
    make: async (head, revision) => emptyHead(head, revision),
  });
  known.pending = undefined;
}
