import { isAgentStoreError } from '../../domain/errors.js';
import type { NewRecord } from '../../domain/record-store.js';
import { isBytes } from '../../domain/values/built-in.js';
import { requireDataSize } from '../../domain/values/data-size.js';
import { isRecord } from '../../domain/values/objects.js';
import { AnnotatedData, type PlainData, type SerializedData } from '../../domain/values/plain-data.js';
import { parseJson } from '../../domain/values/text.js';
import { type Compression, fromStateBytes, toStateBytes } from '../compression.js';
import { fromAttributeValue, type Item, toAttributeValue } from './attribute-value.js';
import { maxItemBytes } from './item-size.js';
import { ownNames } from './own-names.js';
import { textSize } from './value-size.js';

/** An item up to this size is not worth compressing: reading it strongly costs one read unit as it is. */
const smallItemBytes = 4_096;

/** What one write unit pays for. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html */
export const writeUnitBytes = 1_024;

/** As text, no native map is larger: JSON takes at most 6 bytes for a character. */
const maxNativeBytes = 6 * maxItemBytes;

/** The attributes of a record's data, and how many bytes the item has with them. They are counted as they are made. */
interface DataAttributes {
  readonly attributes: Item;
  readonly itemBytes: number;
}

/**
 * The attributes of a record's data, beside others that take `otherBytes`: a native map, or the compact form if that needs
 * fewer write units or a native map cannot hold the data.
 *
 * @throws AgentStoreError `UNSERIALIZABLE` if compression is off and a native map cannot hold the data.
 */
export async function toDataAttributes(
  record: NewRecord,
  otherBytes: number,
  compression: Compression,
): Promise<DataAttributes> {
  const { data, prefersCompact } = record;
  if (isBytes(data)) return toCompactAttributes(record, otherBytes);
  const native = toNativeAttributes(data, otherBytes, compression);
  if (native === undefined) return toCompactAttributes(record, otherBytes);
  const nativeLimit = prefersCompact ? writeUnitBytes : smallItemBytes;
  if (compression === 'off' || native.itemBytes <= nativeLimit) return native;
  const compact = await toCompactAttributes(record, otherBytes);
  return writeUnits(compact.itemBytes) < writeUnits(native.itemBytes) ? compact : native;
}

async function toCompactAttributes(record: NewRecord, otherBytes: number): Promise<DataAttributes> {
  const bytes = await toStateBytes(record);
  const itemBytes = otherBytes + textSize(ownNames.data) + bytes.byteLength;
  return { attributes: { [ownNames.data]: { B: bytes } }, itemBytes };
}

function toNativeAttributes(
  serialized: Exclude<SerializedData, Uint8Array>,
  otherBytes: number,
  compression: Compression,
): DataAttributes | undefined {
  const isAnnotated = serialized instanceof AnnotatedData;
  try {
    const { value, bytes } = toAttributeValue(isAnnotated ? serialized.data : serialized);
    const itemBytes = otherBytes + textSize(ownNames.data) + bytes;
    if (!isAnnotated) return { attributes: { [ownNames.data]: value }, itemBytes };
    const notes = JSON.stringify(serialized.notes);
    return {
      attributes: { [ownNames.data]: value, [ownNames.notes]: { S: notes } },
      itemBytes: itemBytes + textSize(ownNames.notes) + textSize(notes),
    };
  } catch (error) {
    if (compression === 'auto' && isAgentStoreError(error)) return undefined;
    throw error;
  }
}

/** The data in an item, of whichever form. Throws if it is of none, without repeating any of it. */
export async function fromDataAttributes(
  item: Readonly<Record<string, unknown>>,
  maxBytes: number,
): Promise<SerializedData> {
  const stored = item[ownNames.data];
  const notes = item[ownNames.notes];
  if (isRecord(stored) && isBytes(stored.B)) return fromStateBytes(stored.B, maxBytes);
  const data = fromAttributeValue(stored);
  const read = notes === undefined ? data : new AnnotatedData(data, parseNotes(fromAttributeValue(notes)));
  if (maxBytes < maxNativeBytes) requireDataSize(read, maxBytes);
  return read;
}

function parseNotes(text: PlainData): PlainData {
  if (typeof text !== 'string') throw new TypeError('The notes beside the stored state are not text.');
  return parseJson(text);
}

function writeUnits(bytes: number): number {
  return Math.ceil(bytes / writeUnitBytes);
}
