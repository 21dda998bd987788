import type { RecordKey } from '../key-schema.js';
import { listKeys } from '../list-keys.js';
import { findRecord } from '../store/find-record.js';
import { type FoundParts, removeKeys } from '../store/part-keys.js';
import { namesOfParts } from '../store/parts.js';
import { type TurnCore, toEventParts, toOwnerKey, toPartition } from './turn-core.js';

/** What there is of a session's turns. */
export interface FoundTurns extends FoundParts {
  /** Records of what turns have said. */
  readonly events: readonly FoundEvents[];
  /** Idempotency keys. */
  readonly requests: readonly RecordKey[];
  readonly hasOwner: boolean;
}

/** A record of events, and the keys of others that hold what is too large for it. */
export interface FoundEvents {
  readonly key: RecordKey;
  readonly parts: readonly RecordKey[];
}

export async function findTurns(core: TurnCore, contextId: string): Promise<FoundTurns> {
  const { eventKeyPrefix, requestKeyPrefix } = core.settings;
  const parts = toEventParts(core, contextId);
  const listed = await parts.list(core.records);
  const toPartKey = parts.byName();
  const events: FoundEvents[] = [];
  for await (const keys of listOfSession(core, eventKeyPrefix, contextId)) {
    const found = await Promise.all(
      keys.map(async (key) => {
        const record = await findRecord(core.records, key);
        return record === null ? [] : [{ key, parts: namesOfParts(record).map(toPartKey) }];
      }),
    );
    events.push(...found.flat());
  }
  const requests: RecordKey[] = [];
  for await (const keys of listOfSession(core, requestKeyPrefix, contextId)) requests.push(...keys);
  const hasOwner = (await findRecord(core.records, toOwnerKey(core, contextId))) !== null;
  const named = events.flatMap((each) => each.parts);
  const found = await parts.find(core.records, listed, named);
  return { events, requests, hasOwner, ...found };
}

/** Removes what turns have said: of each record its parts first, since nothing else names them. */
export async function removeEvents(core: TurnCore, events: readonly FoundEvents[]): Promise<void> {
  for (const { key, parts } of events) {
    await removeKeys(core.records, parts);
    await core.records.delete(key, null);
  }
}

export async function removeRequests(core: TurnCore, requests: readonly RecordKey[]): Promise<void> {
  for (const key of requests) await core.records.delete(key, null);
}

/** The keys of one kind of records about a session. */
async function* listOfSession(
  core: TurnCore,
  kindPrefix: string,
  contextId: string,
): AsyncGenerator<RecordKey[]> {
  const partition = toPartition(core);
  const prefix = `${kindPrefix}${contextId}#`;
  for await (const sorts of listKeys(core.records, partition, prefix)) {
    // What has a "#" behind that is of another session, whose id begins like this one and goes on with a "#".
    const own = sorts.filter((sort) => !sort.slice(prefix.length).includes('#'));
    yield own.map((sort) => ({ partition, sort }));
  }
}
