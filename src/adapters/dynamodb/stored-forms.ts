import { AgentStoreError } from '../../domain/errors.js';
import { isRecord } from '../../domain/object-kinds.js';
import type { NewRecord } from '../../domain/record-store.js';
import { AnnotatedData, type PlainData, type SerializedState } from '../../domain/state-serializer.js';
import { parseJson } from '../../domain/state-text.js';
import { type Compression, fromStateBytes, toStateBytes } from '../gzip/state-bytes.js';
import { type AttributeValue, fromAttributeValue, type Item, toAttributeValue } from './attribute-value.js';
import { itemSize } from './item-size.js';

/** The attributes that hold a state. */
export const stateAttribute = 'state';
export const notesAttribute = 'stateNotes';

/** An item up to this size is not worth compressing: reading it strongly costs one read unit as it is. */
const smallItemBytes = 4_096;
const writeUnitBytes = 1_024;

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
  if (state instanceof Uint8Array) return toCompactAttributes(state);
  const native = toNativeAttributes(state, compression);
  if (native === undefined) return toCompactAttributes(text);
  const nativeBytes = otherBytes + itemSize(native);
  if (compression === 'off' || nativeBytes <= smallItemBytes) return native;
  const compact = await toCompactAttributes(text);
  return writeUnits(otherBytes + itemSize(compact)) < writeUnits(nativeBytes) ? compact : native;
}

async function toCompactAttributes(text: NewRecord['text']): Promise<Item> {
  return { [stateAttribute]: { B: await toStateBytes(text) } };
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
  if (isRecord(state) && state.B instanceof Uint8Array) return fromStateBytes(state.B);
  const data = fromAttributeValue(state);
  return notes === undefined ? data : new AnnotatedData(data, parseNotes(fromAttributeValue(notes)));
}

function parseNotes(text: PlainData): PlainData {
  if (typeof text !== 'string') throw new TypeError('The notes beside the stored state are not text.');
  return parseJson(text);
}

function writeUnits(bytes: number): number {
  return Math.ceil(bytes / writeUnitBytes);
}
