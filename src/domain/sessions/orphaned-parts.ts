import { AgentStoreError, isAgentStoreError } from '../errors.js';
import type { RecordKey } from '../key-schema.js';
import { listKeys } from '../list-keys.js';
import { namesInHistory } from '../messages/named-parts.js';
import { requireRange } from '../store/list-sessions.js';
import { nameOfPart, timeOfPart } from '../store/part-keys.js';
import { parsePartList } from '../store/parts.js';
import { toPartition } from '../turns/turn-core.js';
import type { SessionCores } from './session-stores.js';

/** A part that is younger may be that of a write that is still under way: none takes longer. */
const minAgeMs = 86_400_000;

/** Where the records of one kind are. */
interface Place {
  readonly partition: string;
  readonly prefix: string;
}

/**
 * Parts that a killed write has left: nothing names them, and they are older than a day. `null` if that cannot be told, since something
 * that may name them cannot be read, or since others keep records of another kind beside them.
 */
export async function findOrphanedParts(cores: SessionCores): Promise<RecordKey[] | null> {
  const before = cores.states.settings.now() - minAgeMs;
  const places = listPlaces(cores);
  const orphans: RecordKey[] = [];
  for (const { partition, prefix } of distinct(places.parts)) {
    const known = [...places.parts, ...places.others].filter((place) => place.partition === partition);
    // Without a prefix, nothing tells one kind of records from another.
    if (known.some((place) => place.prefix === '')) return null;
    const old: string[] = [];
    for await (const sorts of listKeys(cores.states.records, partition, '')) {
      if (!sorts.every((sort) => known.some((place) => sort.startsWith(place.prefix)))) return null;
      old.push(...sorts.filter((sort) => isOld(sort, prefix, before)));
    }
    // After the parts: what names one of them now has named it then, or has it from what did.
    const named = old.length === 0 ? new Set<string>() : await findNames(cores);
    if (named === null) return null;
    orphans.push(
      ...old
        .filter((sort) => !named.has(nameOfPart(sort.slice(prefix.length))))
        .map((sort) => ({ partition, sort })),
    );
  }
  return orphans;
}

function isOld(sort: string, prefix: string, before: number): boolean {
  const time = sort.startsWith(prefix) ? timeOfPart(nameOfPart(sort.slice(prefix.length))) : undefined;
  return time !== undefined && time < before;
}

function listPlaces(cores: SessionCores): { parts: Place[]; others: Place[] } {
  const { states, messages, turns } = cores;
  const { leaseKeyPrefix, eventKeyPrefix, requestKeyPrefix, ownerKeyPrefix, partKeyPrefix } = turns.settings;
  const [ofStates, ofMessages, ofTurns] = [requireRange(states), requireRange(messages), toPartition(turns)];
  const toPlaces = (...prefixes: string[]) => prefixes.map((prefix) => ({ partition: ofTurns, prefix }));
  return {
    parts: [
      { partition: ofStates.partition, prefix: states.settings.partKeyPrefix },
      { partition: ofMessages.partition, prefix: messages.settings.partKeyPrefix },
      ...toPlaces(partKeyPrefix),
    ],
    others: [
      ofStates,
      ofMessages,
      ...toPlaces(leaseKeyPrefix, eventKeyPrefix, requestKeyPrefix, ownerKeyPrefix),
    ],
  };
}

function distinct(places: readonly Place[]): Place[] {
  return places.filter(
    (place, at) =>
      places.findIndex(
        ({ partition, prefix }) => partition === place.partition && prefix === place.prefix,
      ) === at,
  );
}

/** The names of all parts that something names; `null` if something that may name some cannot be read. */
async function findNames(cores: SessionCores): Promise<Set<string> | null> {
  const { states, messages, turns } = cores;
  const names = new Set<string>();
  try {
    const { partition, prefix } = requireRange(states);
    for (const place of [
      { partition, prefix },
      { partition: toPartition(turns), prefix: turns.settings.eventKeyPrefix },
    ]) {
      for await (const sorts of listKeys(states.records, place.partition, place.prefix))
        for (const name of await namesInRecords(cores, place.partition, sorts)) names.add(name);
    }
    const range = requireRange(messages);
    for await (const sorts of listKeys(messages.records, range.partition, range.prefix)) {
      for (const sort of sorts) {
        const key = { partition: range.partition, sort };
        for (const name of await namesInHistory(messages, key)) names.add(name);
      }
    }
    return names;
  } catch (error) {
    if (isAgentStoreError(error, 'CORRUPTED')) return null;
    throw error;
  }
}

/** @throws AgentStoreError `CORRUPTED` if one of them does not say which parts are its own. */
async function namesInRecords(
  { states }: SessionCores,
  partition: string,
  sorts: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(
    sorts.map(async (sort) => {
      const record = await states.records.get({ partition, sort }, true);
      if (record?.parts === undefined) return [];
      try {
        const { current, replaced } = parsePartList(record.parts);
        return [...current.map(({ name }) => name), ...replaced];
      } catch (cause) {
        const message = 'What is stored does not say which records belong to it.';
        throw new AgentStoreError('CORRUPTED', message, { cause });
      }
    }),
  );
  return found.flat();
}
