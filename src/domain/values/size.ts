import { AgentStoreError } from '../errors.js';

/** @throws AgentStoreError `TOO_LARGE` with both numbers. */
export function requireSize(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const message = `The state needs ${bytes} bytes; the limit "maxStateBytes" is ${maxBytes}. Keep less in it, or raise the limit.`;
  throw new AgentStoreError('TOO_LARGE', message);
}

/** The bytes of a text in UTF-8, or of bytes. */
export function sizeOf(text: string | Uint8Array): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : text.byteLength;
}
