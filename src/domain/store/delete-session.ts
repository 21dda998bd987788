import { isAgentStoreError } from '../errors.js';
import { keepToken, requireLatestTurn } from '../fencing.js';
import type { RecordKey } from '../key-schema.js';
import type { Expectation, StoredRecord, WriteResult } from '../record-store.js';
import { formatPartList, namesOfParts, removeParts } from './parts.js';
import { extendLineage, hasDescended } from './revision.js';
import { changeRecord, createRecord, type Session, toExpectation } from './session-codec.js';
import { toStateParts } from './session-records.js';
import type { StoreCore } from './store-core.js';

/**
 * Removes a session as it is now. If a delete took effect and is sent again, it finds nothing, or a session that somebody else
 * has made since, which stays.
 *
 * @throws AgentStoreError `CONFLICT` if a turn with a larger token has written it.
 */
export async function deleteSession(
  core: StoreCore,
  session: Session,
  token: number | undefined,
): Promise<void> {
  const { settings } = core;
  let record = await getToDelete(core, session.key);
  while (record !== null) {
    const { revision } = record;
    requireLatestTurn(token, record.token);
    const isCompared = settings.optimistic || token !== undefined;
    const expected =
      isCompared && revision !== '' ? toExpectation([null, revision], settings.now(), token) : null;
    const result = await removeRecord(core, session, record, expected, token);
    if (result.written || result.current === undefined) return;
    requireLatestTurn(token, result.current.token);
    const isSame = !settings.optimistic || hasDescended(result.current.lineage ?? '', revision);
    record = isSame ? result.current : null;
  }
}

/** Finishes the deletion of a session that was interrupted: removes its parts, then the record that names them. */
export async function finishDelete(
  core: StoreCore,
  session: Session,
  revision: string,
  parts: readonly string[],
): Promise<void> {
  await removeParts(core.records, toStateParts(core, session).byName(), parts);
  const now = core.settings.now();
  await core.records.delete(session.key, { absent: true, revisions: [revision], now });
}

/** A record with parts is first replaced by one without a state that names them: if the process dies, a load can finish. */
async function removeRecord(
  core: StoreCore,
  session: Session,
  record: StoredRecord,
  expected: Expectation | null,
  token: number | undefined,
): Promise<WriteResult> {
  const replaced = namesOfParts(record);
  if (replaced.length === 0) return core.records.delete(session.key, expected);
  const emptied = createRecord(
    core,
    { data: null },
    {
      previous: record.revision,
      lineage: extendLineage(record.lineage ?? '', record.revision),
      token: keepToken(token, record.token),
    },
  );
  const list = formatPartList({ current: [], replaced, isDeleted: true });
  const result = await core.records.put(
    session.key,
    changeRecord(emptied, { data: null, parts: list }),
    expected,
  );
  if (result.written) await finishDelete(core, session, emptied.revision, replaced);
  return result;
}

/** A record that cannot be read is removed as well: nothing else would get rid of it. */
export async function getToDelete(
  { records }: Pick<StoreCore, 'records'>,
  key: RecordKey,
): Promise<StoredRecord | null> {
  try {
    return await records.get(key, true);
  } catch (error) {
    if (!isAgentStoreError(error, 'CORRUPTED')) throw error;
    await records.delete(key, null);
    return null;
  }
}
