import { getToDelete } from '../store/delete-session.js';
import { findRecord } from '../store/find-record.js';
import type { FoundParts } from '../store/part-keys.js';
import { emptyHead } from './build-head.js';
import { locateAsTurn, locateHistory, type MessageCore } from './message-core.js';
import { readRefsLeft, removeParts } from './message-parts.js';
import { namesUnder } from './named-parts.js';
import { changeHead, isErased, readHead, toStoredHead } from './write-history.js';

/** What there is of a history. */
export interface FoundHistory extends FoundParts {
  /** True if a history is stored, an expired or an unreadable one included. */
  readonly isThere: boolean;
}

export async function findHistory(core: MessageCore, contextId: string): Promise<FoundHistory> {
  const history = locateHistory(core, contextId);
  const { records } = core;
  const listed = await history.parts.list(records);
  const stored = await toStoredHead(await findRecord(records, history.key));
  const refs = stored?.head ? emptyHead(stored.head, '').replaced : [];
  const names = await namesUnder(refs, (ref) => readRefsLeft(core, history, ref));
  const named = names.map(history.parts.byName());
  const found = await history.parts.find(records, listed, named);
  return { isThere: stored !== null && !isErased(stored), ...found };
}

/**
 * Puts an empty head in the place of a history. It has a fencing token, so that no earlier turn writes there any more, and names
 * the parts of what it replaces.
 *
 * @throws AgentStoreError `CONFLICT` if a turn with a larger token has written the history.
 */
export async function fenceHistory(
  core: MessageCore,
  contextId: string,
  token: number,
  expiresAt: number,
): Promise<void> {
  const history = locateAsTurn(core, contextId, token);
  core.memory.recall(contextId).stored = undefined;
  await getToDelete(core, history.key);
  await changeHead(core, history, {
    attributes: undefined,
    replacesUnreadable: true,
    expiresAt,
    make: async (head, revision) => ({ ...emptyHead(head, revision), isErased: true }),
  });
}

/** Removes the parts of a history that was replaced by an empty head, and then their names from that. */
export async function removeHistoryParts(
  core: MessageCore,
  contextId: string,
  token: number,
  expiresAt: number,
): Promise<void> {
  const history = locateAsTurn(core, contextId, token);
  const stored = await readHead(core, history);
  const replaced = stored?.head?.replaced ?? [];
  if (stored === null || replaced.length === 0) return;
  const known = core.memory.recall(contextId);
  // If all of them went with the empty head, they need not go again.
  if (known.clean !== stored.revision) await removeParts(core, history, replaced);
  known.clean = stored.revision;
  await changeHead(core, history, {
    attributes: undefined,
    base: stored,
    expiresAt,
    // Whoever has appended since has taken care of the names.
    make: async (head) => (head.isErased ? head : null),
  });
}
