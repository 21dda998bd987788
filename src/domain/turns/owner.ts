import type { StoredRecord } from '../record-store.js';
import { putSettled } from '../store/settled-put.js';
import { isRecord } from '../values/objects.js';
import {
  createRecord,
  maxReadBytes,
  requireText,
  type TurnCore,
  toOwnerKey,
  unreadable,
  version,
} from './turn-core.js';

/** Whose a session is, or `null`. */
export async function readOwner(core: TurnCore, contextId: string): Promise<string | null> {
  return parse(core, contextId, await core.records.get(toOwnerKey(core, contextId), true));
}

/** Makes somebody the owner if nobody is. Gives whose the session is then. The record does not expire. */
export async function claimOwner(core: TurnCore, contextId: string, owner: string): Promise<string> {
  let current = await readOwner(core, contextId);
  while (current === null) {
    const record = createRecord(core, 'agent-session-owner', { v: version, owner });
    const expected = { absent: true, revisions: [], now: core.settings.now() };
    const result = await putSettled(core, toOwnerKey(core, contextId), record, expected);
    // Still nobody's if it was erased in between.
    current = result === 'written' ? owner : await parse(core, contextId, result);
  }
  return current;
}

export async function removeOwner(core: TurnCore, contextId: string): Promise<void> {
  await core.records.delete(toOwnerKey(core, contextId), null);
}

async function parse(core: TurnCore, contextId: string, record: StoredRecord | null): Promise<string | null> {
  if (record === null) return null;
  try {
    const data: unknown = await record.read(maxReadBytes);
    if (!isRecord(data) || data.v !== version) throw new TypeError('It is no owner.');
    return requireText(data.owner);
  } catch (cause) {
    throw unreadable(toOwnerKey(core, contextId), cause);
  }
}
