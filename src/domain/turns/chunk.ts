import { isAgentStoreError } from '../errors.js';
import type { RecordKey } from '../key-schema.js';
import type { NewRecord, StoredRecord } from '../record-store.js';
import { formatPartList, joinSlices, noParts, parsePartList, readParts, writeParts } from '../store/parts.js';
import { changeRecord } from '../store/session-codec.js';
import { putSettled } from '../store/settled-put.js';
import { interruptedNumber, type LoggedEvent, type NumberedEvent } from '../turn-store.js';
import { isRecord } from '../values/objects.js';
import {
  createRecord,
  isLive,
  maxReadBytes,
  requireCount,
  requireText,
  type TurnCore,
  toChunkKey,
  toEventParts,
  unreadable,
  version,
} from './turn-core.js';

/**
 * Some events of a turn. The log of a turn is a chain of these, each written once and in order: a chunk is put only if
 * none is there, and with the last one the turn has ended.
 */
export interface Chunk {
  /** The number of its first event. */
  readonly first: number;
  /** How many events it is for. */
  readonly count: number;
  /** `null` if they are no longer held. */
  readonly events: readonly LoggedEvent[] | null;
  readonly isEnd: boolean;
}

/** What a turn has ended with whose process has vanished. */
const interrupted: LoggedEvent = {
  kind: 'error',
  data: JSON.stringify({
    code: 'INTERRUPTED',
    message: 'The process that ran the turn has vanished. Read the state to see how far it came.',
  }),
};

/** The end of such a turn, as it is heard. */
export const interruptedEvent: NumberedEvent = { ...interrupted, number: interruptedNumber };

/** The last chunk of such a turn. */
export const interruptedEnd: Chunk = {
  first: interruptedNumber,
  count: 1,
  events: [interrupted],
  isEnd: true,
};

/** Where a chunk is. */
export interface ChunkPlace {
  readonly contextId: string;
  readonly turn: string;
  readonly index: number;
}

/** The chunk at a place, or `null` if there is none. @throws AgentStoreError `CORRUPTED` if it cannot be read. */
export async function readChunk(core: TurnCore, place: ChunkPlace): Promise<Chunk | null> {
  const record = await core.records.get(toKey(core, place), true);
  return isLive(record, core.settings.now()) ? parseChunk(core, place, record) : null;
}

/** Puts a chunk unless there is one, until a time in Unix seconds. Gives the one that is there then. */
export async function putChunk(
  core: TurnCore,
  place: ChunkPlace,
  chunk: Chunk,
  expiresAt: number,
): Promise<Chunk> {
  const record = createRecord(core, 'agent-turn-events', formatChunk(chunk), { expiresAt });
  for (;;) {
    const result = await putRecord(core, place, record);
    if (result === 'written') return chunk;
    if (result !== null) return parseChunk(core, place, result);
  }
}

async function putRecord(
  core: TurnCore,
  place: ChunkPlace,
  record: NewRecord,
): Promise<'written' | StoredRecord | null> {
  const key = toKey(core, place);
  const expected = { absent: true, revisions: [], now: core.settings.now() };
  try {
    return await putSettled(core, key, record, expected);
  } catch (error) {
    const { maxRecordBytes } = core.records;
    if (!isAgentStoreError(error, 'TOO_LARGE') || maxRecordBytes === undefined) throw error;
    return putSettled(core, key, await spreadRecord(core, place, record, maxRecordBytes), expected);
  }
}

/** The first half of a chunk that no record can hold. Of an event alone, what is left is that it was there. */
export function makeSmaller({ first, count, events, isEnd }: Chunk): Chunk {
  if (events === null || count === 1) return { first, count, events: null, isEnd };
  const half = events.slice(0, Math.ceil(count / 2));
  return { first, count: half.length, events: half, isEnd: false };
}

/** Puts a mark in the place of a chunk, for readers to know that its events were there. */
export async function forgetChunk(
  core: TurnCore,
  place: ChunkPlace,
  { first, count }: Pick<Chunk, 'first' | 'count'>,
  expiresAt: number,
): Promise<void> {
  const mark = formatChunk({ first, count, events: null, isEnd: false });
  const record = createRecord(core, 'agent-turn-events', mark, { expiresAt });
  await core.records.put(toKey(core, place), record, null);
}

/** The record of a chunk that is too large for one: its data are in parts, which are written. */
async function spreadRecord(
  core: TurnCore,
  { contextId }: ChunkPlace,
  record: NewRecord,
  maxBytes: number,
): Promise<NewRecord> {
  const toPartKey = toEventParts(core, contextId).byName();
  const current = await writeParts(core.records, toPartKey, record, maxBytes, []);
  return changeRecord(record, { data: null, parts: formatPartList({ ...noParts, current }) });
}

function formatChunk({ first, count, events, isEnd }: Chunk) {
  return {
    v: version,
    first,
    ...(events === null ? { lost: count } : { events: events.map(({ kind, data }) => [kind, data]) }),
    ...(isEnd && { end: true }),
  };
}

async function parseChunk(core: TurnCore, place: ChunkPlace, record: StoredRecord): Promise<Chunk> {
  try {
    const data: unknown = await readData(core, place, record);
    if (!isRecord(data) || data.v !== version) throw new TypeError('It is no part of a log.');
    const { first, lost, events, end } = data;
    const common = { first: requireCount(first), isEnd: end === true };
    if (lost !== undefined) return { ...common, count: requireCount(lost), events: null };
    if (!Array.isArray(events)) throw new TypeError('It has no events.');
    return { ...common, count: events.length, events: events.map(parseEvent) };
  } catch (cause) {
    throw isAgentStoreError(cause) ? cause : unreadable(toKey(core, place), cause);
  }
}

async function readData(core: TurnCore, { contextId }: ChunkPlace, record: StoredRecord): Promise<unknown> {
  if (record.parts === undefined) return record.read(maxReadBytes);
  const { current } = parsePartList(record.parts);
  const toPartKey = toEventParts(core, contextId).byName();
  const slices = await readParts(core.records, toPartKey, current, maxReadBytes);
  if (slices === null) throw new TypeError('A part of it is missing.');
  return joinSlices(slices);
}

function parseEvent(stored: unknown): LoggedEvent {
  const [kind, data] = Array.from(Object(stored));
  return { kind: requireText(kind), data: requireText(data) };
}

function toKey(core: TurnCore, { contextId, turn, index }: ChunkPlace): RecordKey {
  return toChunkKey(core, contextId, turn, index);
}
