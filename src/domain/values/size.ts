import { AgentStoreError } from '../errors.js';
import { isBytes } from './built-in.js';
import { AnnotatedData, isList, type PlainData, type SerializedData } from './plain-data.js';
import { toStateText } from './text.js';

/** @throws AgentStoreError `TOO_LARGE` with both numbers. */
export function requireSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const message = `The state needs ${bytes} bytes; the limit "maxStateBytes" is ${maxBytes}. Keep less in it, or raise the limit.`;
  throw new AgentStoreError('TOO_LARGE', message);
}

/** The same for data whose text has not been made, and is made only if it may be too large. */
export function requireDataSize(data: SerializedData, maxBytes: number): void {
  if (estimateData(data) > maxBytes) requireSize(sizeOf(toStateText(data)), maxBytes);
}

/** The bytes of a text in UTF-8, or of bytes. */
export function sizeOf(text: string | Uint8Array): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength;
}

/** At least the bytes of the text, and much faster to find out. */
function estimateData(data: SerializedData): number {
  if (isBytes(data)) return data.byteLength;
  return (data instanceof AnnotatedData ? estimate(data.data) + estimate(data.notes) : estimate(data)) + 32;
}

/** No character takes more than 6 bytes of JSON, and no number more than 25. */
function estimate(data: PlainData): number {
  if (typeof data === 'string') return data.length * 6 + 3;
  if (typeof data !== 'object' || data === null) return 26;
  let sum = 3;
  if (isList(data)) for (const element of data) sum += estimate(element);
  else for (const [key, value] of Object.entries(data)) sum += key.length * 6 + 4 + estimate(value);
  return sum;
}
