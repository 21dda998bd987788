import { promisify } from 'node:util';
import { gunzip, gunzipSync, gzip, gzipSync } from 'node:zlib';
import { AgentStoreError } from '../domain/errors.js';
import { invalidOption } from '../domain/store/agent-store-options.js';
import type { SerializedData } from '../domain/values/plain-data.js';
import { fromStateText } from '../domain/values/text.js';

/** `'auto'` compresses where it pays; `'off'` never does. */
export type Compression = 'auto' | 'off';

/** The first byte of bytes that a serializer made; gzip's is another. */
const rawMarker = 0x00;
const gzipMarker = 0x1f;

/** What text may grow to when it is decompressed, so that one stored state cannot exhaust the memory. */
const maxTextBytes = 256 * 1024 * 1024;

/** Text up to this size is compressed and decompressed on the spot: the way to another thread and back takes as long. */
const maxSyncBytes = 64 * 1024;

/** gzip's own default, for where every byte is paid for. */
const defaultLevel = 6;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** @throws AgentStoreError `CONFIGURATION` where the option is neither. */
export function resolveCompression(compression: Compression = 'auto'): Compression {
  if (compression === 'auto' || compression === 'off') return compression;
  throw invalidOption('compression', `must be 'auto' or 'off'`);
}

/**
 * A state's text compressed, or the bytes that a serializer made of it as they are; the first byte says which.
 *
 * @throws AgentStoreError `TOO_LARGE` where the text could not be read again.
 */
export async function toStateBytes(text: string | Uint8Array, level = defaultLevel): Promise<Buffer> {
  if (typeof text !== 'string') return Buffer.concat([Buffer.of(rawMarker), text]);
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxSyncBytes) return gzipSync(text, { level });
  if (bytes <= maxTextBytes) return compress(text, { level });
  const message = `The text of the state has ${bytes} bytes; the limit is ${maxTextBytes}. Keep less in it.`;
  throw new AgentStoreError('TOO_LARGE', message);
}

/** The reverse of {@link toStateBytes}. Throws where the bytes are of neither form, without repeating any of them. */
export async function fromStateBytes(bytes: Uint8Array): Promise<SerializedData> {
  if (bytes[0] === rawMarker) return new Uint8Array(bytes.subarray(1));
  if (bytes[0] !== gzipMarker) throw new TypeError('The stored bytes are of no form that this store writes.');
  return fromStateText((await expand(bytes)).toString());
}

async function expand(bytes: Uint8Array): Promise<Buffer> {
  const size = readTextSize(bytes);
  // With room for all of it at once.
  if (size <= maxSyncBytes) return gunzipSync(bytes, { chunkSize: size + 64, maxOutputLength: maxSyncBytes });
  return decompress(bytes, { maxOutputLength: maxTextBytes });
}

/** The size that gzip notes at its end, which is not to be trusted. */
function readTextSize(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.byteLength - 4).getUint32(0, true);
}
