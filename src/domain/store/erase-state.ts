import { requireLatestTurn } from '../fencing.js';
import type { StoredRecord } from '../record-store.js';
import { getToDelete } from './delete-session.js';
import { findRecord } from './find-record.js';
import type { FoundParts } from './part-keys.js';
import { formatPartList, namesOfParts, noParts, removeParts } from './parts.js';
import { extendLineage } from './revision.js';
import {
  changeRecord,
  createRecord,
  erasedState,
  isErased,
  type Session,
  toExpectation,
} from './session-codec.js';
import { toStateParts } from './session-records.js';
import { putSettled } from './settled-put.js';
import type { StoreCore } from './store-core.js';

/** What there is of a state. */
export interface FoundState extends FoundParts {
  /** True if a state is stored, an expired or an unreadable one included. */
  readonly isThere: boolean;
  /** Until when, in Unix seconds, what an erase has left in its place stands in the way of late writers. */
  readonly fencedUntil?: number;
}

export async function findState(core: StoreCore, session: Session): Promise<FoundState> {
  const { records } = core;
  const parts = toStateParts(core, session);
  const listed = await parts.list(records);
  const record = await findRecord(records, session.key);
  const named = record === null ? [] : namesOfParts(record).map(parts.byName());
  const isEmpty = record !== null && (await isFence(core, record));
  return {
    isThere: record !== null && !isEmpty,
    ...(await parts.find(records, listed, named)),
    ...(isEmpty && record.expiresAt !== undefined && { fencedUntil: record.expiresAt }),
  };
}

/**
 * Puts an empty record in the place of a state. It has a fencing token, so that no earlier turn writes there any more, and names the
 * parts of what it replaces. Gives their names.
 *
 * @throws AgentStoreError `CONFLICT` if a turn with a larger token has written the state.
 */
export async function fenceState(
  core: StoreCore,
  session: Session,
  token: number,
  expiresAt: number,
): Promise<readonly string[]> {
  for (;;) {
    const record = await getToDelete(core, session.key);
    const names = record === null ? [] : namesOfParts(record);
    if (await putFence(core, session, record, { token, expiresAt, names })) return names;
  }
}

/** Removes the parts of a state that was replaced by an empty record, and then their names from that. */
export async function removeStateParts(
  core: StoreCore,
  session: Session,
  token: number,
  expiresAt: number,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  await removeParts(core.records, toStateParts(core, session).byName(), names);
  const record = await findRecord(core.records, session.key);
  // Whoever has written there since has taken care of the names.
  if (record !== null && !(await isFence(core, record))) return;
  await putFence(core, session, record, { token, expiresAt, names: [] });
}

async function putFence(
  core: StoreCore,
  { key }: Session,
  record: StoredRecord | null,
  { token, expiresAt, names }: { token: number; expiresAt: number; names: readonly string[] },
): Promise<boolean> {
  requireLatestTurn(token, record?.token);
  const now = core.settings.now();
  const { revision = '', lineage = '', expiresAt: end } = record ?? {};
  const base = { previous: revision, lineage: extendLineage(lineage, revision), token };
  const empty = createRecord(core, { data: erasedState, expiresAt }, base);
  const parts = names.length === 0 ? undefined : formatPartList({ ...noParts, replaced: names });
  const isGone = record === null || (end !== undefined && end * 1_000 <= now);
  const expected = toExpectation([isGone ? null : revision], now, token);
  const fence = changeRecord(empty, { parts });
  // What this store has not written has no revision that could be expected.
  return (await putSettled(core, key, fence, !isGone && revision === '' ? null : expected)) === 'written';
}

/** True for what an erase has left in the place of a state. */
export async function isFence({ settings }: StoreCore, record: StoredRecord): Promise<boolean> {
  try {
    return isErased(await record.read(settings.maxStateBytes));
  } catch {
    return false; // What cannot be read is somebody's state.
  }
}
