import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { AgentStoreError } from '../../domain/errors.js';
import { isRecord } from '../../domain/object-kinds.js';
import type { NewRecord } from '../../domain/record-store.js';
import { AnnotatedData, type PlainData, type SerializedState } from '../../domain/state-serializer.js';
import { fromStateText, parseJson } from '../../domain/state-text.js';
import { type AttributeValue, fromAttributeValue, type Item, toAttributeValue } from './attribute-value.js';
import { itemSize } from './item-size.js';

/** `'auto'` compresses where it pays; `'off'` writes only what earlier releases can read. */
export type Compression = 'auto' | 'off';

/** The attributes that hold a state. */
export const stateAttribute = 'state';
export const notesAttribute = 'stateNotes';

/** An item up to this size is not worth compressing: reading it strongly costs one read unit as it is. */
const smallItemBytes = 4_096;
const writeUnitBytes = 1_024;

/** The first byte of bytes that a serializer made; gzip's is another. */
const rawMarker = 0x00;
const gzipMarker = 0x1f;

/** What text may grow to when it is decompressed, so that one stored item cannot exhaust the memory. */
const maxTextBytes = 256 * 1024 * 1024;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/**
 * The attributes of a state, beside others that take `otherBytes`: a native map, or the compact form where that needs
 * fewer write units or a native map cannot hold the state.
 *
 * @throws AgentStoreError `UNSERIALIZABLE` where compression is off and a native map cannot hold the state.
 */
export async function toStateAttributes(
  { state, text }: NewRecord,
  otherBytes: number,
  compression: Compression,
): Promise<Item> {
  if (state instanceof Uint8Array)
    return { [stateAttribute]: { B: Buffer.concat([Buffer.of(rawMarker), state]) } };
  const native = toNativeAttributes(state, compression);
  if (native === undefined) return toCompactAttributes(text);
  const nativeBytes = otherBytes + itemSize(native);
  if (compression === 'off' || nativeBytes <= smallItemBytes) return native;
  const compact = await toCompactAttributes(text);
  return writeUnits(otherBytes + itemSize(compact)) < writeUnits(nativeBytes) ? compact : native;
}

async function toCompactAttributes(text: NewRecord['text']): Promise<Item> {
  return { [stateAttribute]: { B: await compress(text) } };
}

function toNativeAttributes(
  state: Exclude<SerializedState, Uint8Array>,
  compression: Compression,
): Item | undefined {
  try {
    if (!(state instanceof AnnotatedData)) return { [stateAttribute]: toAttributeValue(state) };
    const notes: AttributeValue = { S: JSON.stringify(state.notes) };
    return { [stateAttribute]: toAttributeValue(state.data), [notesAttribute]: notes };
  } catch (error) {
    if (compression === 'auto' && error instanceof AgentStoreError) return undefined;
    throw error;
  }
}

/** The state in an item, of whichever form. Throws where it is of none, without repeating any of it. */
export async function fromStateAttributes(item: Readonly<Record<string, unknown>>): Promise<SerializedState> {
  const state = item[stateAttribute];
  const notes = item[notesAttribute];
  if (isRecord(state) && state.B instanceof Uint8Array) return fromBytes(state.B);
  const data = fromAttributeValue(state);
  return notes === undefined ? data : new AnnotatedData(data, parseNotes(fromAttributeValue(notes)));
}

async function fromBytes(bytes: Uint8Array): Promise<SerializedState> {
  if (bytes[0] === rawMarker) return bytes.slice(1);
  if (bytes[0] !== gzipMarker) throw new TypeError('The stored bytes are of no form that this store writes.');
  return fromStateText((await decompress(bytes, { maxOutputLength: maxTextBytes })).toString());
}

function parseNotes(text: PlainData): PlainData {
  if (typeof text !== 'string') throw new TypeError('The notes beside the stored state are not text.');
  return parseJson(text);
}

function writeUnits(bytes: number): number {
  return Math.ceil(bytes / writeUnitBytes);
}
