import type { StoredRecord } from '../record-store.js';
import { isRecord } from '../values/objects.js';
import { putSettled } from './settled-put.js';
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
  const known = await readOwner(core, contextId);
  if (known !== null) return known;
  for (;;) {
    const record = await createRecord(core, 'agent-session-owner', { v: version, owner });
    const expected = { absent: true, revisions: [], now: core.settings.now() };
    const result = await putSettled(core, toOwnerKey(core, contextId), record, expected);
    const current = result === 'written' ? owner : await parse(core, contextId, result);
    // Erased in between: it is claimed again.
    if (current !== null) return current;
  }
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
