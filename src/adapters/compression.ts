import { promisify } from 'node:util';
import { gunzip, gunzipSync, gzip, gzipSync } from 'node:zlib';
import { requireOption } from '../domain/options.js';
import type { NewRecord } from '../domain/record-store.js';
import { isError } from '../domain/values/built-in.js';
import type { SerializedData } from '../domain/values/plain-data.js';
import { requireSize } from '../domain/values/size.js';
import { fromStateText } from '../domain/values/text.js';

/** `'auto'` compresses if that pays; `'off'` never does. */
export type Compression = 'auto' | 'off';

/** The first byte of bytes that a serializer made; gzip's is another. */
const rawMarker = 0x00;
const gzipMarker = 0x1f;

/** Text up to this size is compressed and decompressed on the spot: the way to another thread and back takes as long. */
const maxSyncBytes = 64 * 1024;

/** gzip's own default: worth its time in DynamoDB, which charges by the size. */
const defaultLevel = 6;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** @throws AgentStoreError `CONFIGURATION` if the option is neither. */
export function resolveCompression(compression: Compression = 'auto'): Compression {
  requireOption(compression === 'auto' || compression === 'off', 'compression', `must be 'auto' or 'off'`);
  return compression;
}

/** A text compressed, or the bytes that a serializer made as they are; the first byte says which. */
export async function toStateBytes(
  { text, utf8 }: Pick<NewRecord, 'text' | 'utf8'>,
  level = defaultLevel,
): Promise<Buffer> {
  if (typeof text !== 'string') return Buffer.concat([Buffer.of(rawMarker), text]);
  const bytes = utf8 ?? Buffer.from(text);
  return bytes.byteLength <= maxSyncBytes ? gzipSync(bytes, { level }) : compress(bytes, { level });
}

/** How many bytes {@link toStateBytes} makes of a text that is compressed on the spot. */
export function compressedSize(text: string): number {
  return gzipSync(text, { level: defaultLevel }).length;
}

/**
 * The reverse of {@link toStateBytes}. Throws if the bytes are of neither form, without repeating any of them.
 *
 * @throws AgentStoreError `TOO_LARGE` if they expand to more than `maxBytes`. It stops expanding there.
 */
export async function fromStateBytes(bytes: Uint8Array, maxBytes: number): Promise<SerializedData> {
  if (bytes[0] === rawMarker) {
    requireSize(bytes.length - 1, maxBytes);
    return new Uint8Array(bytes.subarray(1));
  }
  if (bytes[0] !== gzipMarker) throw new TypeError('The stored bytes are of no form that this store writes.');
  return fromStateText((await expand(bytes, maxBytes)).toString());
}

async function expand(bytes: Uint8Array, maxBytes: number): Promise<Buffer> {
  const size = readTextSize(bytes);
  const maxOutputLength = Math.max(Math.min(size, maxBytes), 1);
  try {
    // One chunk with room for all of it.
    if (size <= maxSyncBytes) return gunzipSync(bytes, { chunkSize: size + 64, maxOutputLength });
    return await decompress(bytes, { maxOutputLength });
  } catch (error) {
    if (!(isError(error) && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')) throw error;
    requireSize(size, maxBytes);
    throw new TypeError('The stored bytes are not what they say they are.', { cause: error });
  }
}

/** The size that gzip notes at its end. It may be forged. */
function readTextSize(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.byteLength - 4).getUint32(0, true);
}
