import { isAgentStoreError } from '../errors.js';
import type { RecordKey } from '../key-schema.js';
import type { NewRecord } from '../record-store.js';
import { extraSeconds, slice } from '../store/parts.js';
import type { PlainData, SerializedData } from '../values/plain-data.js';
import { sizeOf } from '../values/size.js';
import { fromStateText, toStateText } from '../values/text.js';
import { type Entry, parseEntries, parseRefs, type Ref } from './head.js';
import type { History, MessageCore } from './message-core.js';

/** What can be read of one part at most; one append is smaller. */
const maxPartBytes = 64 * 1024 * 1024;

/** A part that is not there, or is not what its reference says. */
export class UnreadablePart extends Error {
  constructor(
    readonly ref: Ref,
    readonly key: RecordKey,
    options?: ErrorOptions,
  ) {
    super('A part of the history is missing, or cannot be read.', options);
  }
}

/** Writes a part under its name, which nothing else has; over several records if it is too large for one. */
export async function writePart(
  { records, settings }: MessageCore,
  history: History,
  ref: Ref,
  data: PlainData,
): Promise<Ref> {
  const toKey = history.parts.byName();
  const text = toStateText(data);
  const put = (index: number, part: SerializedData, partText: string | Uint8Array) => {
    const { name, newest } = ref;
    const record: NewRecord = {
      revision: name,
      updatedAt: settings.now(),
      entityType: 'agent-messages-part',
      data: part,
      prefersCompact: true,
      text: partText,
      ...(newest !== 0 && { expiresAt: newest + extraSeconds }),
    };
    return records.put(toKey(`${name}-${index}`), record, null);
  };
  const limit = records.maxRecordBytes;
  try {
    await put(0, data, text);
    return ref;
  } catch (error) {
    if (!isAgentStoreError(error, 'TOO_LARGE') || limit === undefined) throw error;
    const slices = slice(text, limit);
    for (const [index, piece] of slices.entries()) await put(index, piece, toStateText(piece));
    return { ...ref, slices: slices.length };
  }
}

export function readEntries(core: MessageCore, history: History, ref: Ref): Promise<Entry[]> {
  return readPart(core, history, ref, (data) => parseEntries(data, ref));
}

export function readRefs(core: MessageCore, history: History, ref: Ref): Promise<Ref[]> {
  return readPart(core, history, ref, (data) => parseRefs(data, ref));
}

/** Removes parts and all that is below them, leaves first: what is cut off can be done again. */
export async function removeParts(core: MessageCore, history: History, refs: readonly Ref[]): Promise<void> {
  const toKey = history.parts.byName();
  await Promise.all(
    refs.map(async (ref) => {
      if (ref.level > 0) await removeParts(core, history, await readRefsLeft(core, history, ref));
      for (const name of namesOfRef(ref).reverse()) await core.records.delete(toKey(name), null);
    }),
  );
}

/** Without the index, what was below it has been removed, or is beyond reach. */
export async function readRefsLeft(core: MessageCore, history: History, ref: Ref): Promise<Ref[]> {
  try {
    return await readRefs(core, history, ref);
  } catch (error) {
    if (error instanceof UnreadablePart) return [];
    throw error;
  }
}

async function readPart<T>(
  core: MessageCore,
  history: History,
  ref: Ref,
  parse: (data: unknown) => T,
): Promise<T> {
  const keys = namesOfRef(ref).map(history.parts.byName());
  const [first = history.key] = keys;
  const records = await Promise.all(
    keys.map(async (key) => {
      const record = await getPart(core, key);
      if (record?.revision !== ref.name) throw new UnreadablePart(ref, key);
      return record;
    }),
  );
  try {
    const read = await Promise.all(records.map((record) => record.read(maxPartBytes)));
    const [data] = read;
    return parse(ref.slices === 1 ? data : fromStateText(read.join('')));
  } catch (cause) {
    throw new UnreadablePart(ref, first, { cause });
  }
}

async function getPart({ records }: MessageCore, key: RecordKey) {
  try {
    return await records.get(key, true);
  } catch (error) {
    if (isAgentStoreError(error, 'CORRUPTED')) return null;
    throw error;
  }
}

/** The names of the records of a part. */
export function namesOfRef({ name, slices }: Ref): string[] {
  return Array.from({ length: slices }, (_, index) => `${name}-${index}`);
}

/** The bytes of a part's text. */
export function bytesOf(data: PlainData): number {
  return sizeOf(toStateText(data));
}
