import { isBytes } from './built-in.js';
import { AnnotatedData, type SerializedData } from './plain-data.js';
import { requireSize, sizeOf } from './size.js';
import { toStateText } from './text.js';

/** Holds data to a limit without making its text, unless it may be too large. @throws AgentStoreError `TOO_LARGE` if it is. */
export function requireDataSize(data: SerializedData, maxBytes: number): void {
  if (estimateData(data) > maxBytes) requireSize(sizeOf(toStateText(data)), maxBytes);
}

/** At least the bytes of the text, and much faster to find out. */
function estimateData(data: SerializedData): number {
  if (isBytes(data)) return data.byteLength;
  return (data instanceof AnnotatedData ? estimate(data.data) + estimate(data.notes) : estimate(data)) + 32;
}

/** At least the bytes that plain data takes. No character takes more than 6 bytes of JSON, and no number more than 25. */
export function estimate(data: unknown): number {
  if (typeof data === 'string') return data.length * 6 + 3;
  if (typeof data !== 'object' || data === null) return 26;
  let sum = 3;
  if (Array.isArray(data)) {
    for (const element of data) sum += estimate(element);
    return sum;
  }
  // By the keys: each of the entries would be a new list.
  for (const key of Object.keys(data)) sum += key.length * 6 + 4 + estimate(Reflect.get(data, key));
  return sum;
}
