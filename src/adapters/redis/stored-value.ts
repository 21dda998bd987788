import { AgentStoreError } from '../../domain/errors.js';
import type { NewRecord, StoredRecord } from '../../domain/record-store.js';
import type { SerializedState } from '../../domain/state-serializer.js';
import { fromStateText } from '../../domain/state-text.js';
import { type Compression, fromStateBytes, toStateBytes } from '../gzip/state-bytes.js';

/** The largest value, unless the server's `proto-max-bulk-len` is lower. https://redis.io/docs/latest/develop/data-types/strings/ */
const maxValueBytes = 512 * 1024 * 1024;

/** Text up to this size is not worth the time that compressing it takes; beyond it, all text gets smaller. */
const smallTextBytes = 4_096;

/** Half the time of gzip's default for a tenth more bytes: a Redis is asked for its speed. */
const compressionLevel = 2;

/** What an expiry is where there is none. */
const never = '-';

/** What the line with the revision and the expiry always fits into. */
export const maxHeaderBytes = 128;

/** How text that is not compressed starts; no other form does. */
const textMarker = '{'.charCodeAt(0);

/**
 * The value of a record: a line with its revision and its expiry, which the save script reads, and the state behind it.
 *
 * @throws AgentStoreError `TOO_LARGE` where Redis cannot hold it.
 */
export async function toValue(
  { revision, expiresAt, text }: NewRecord,
  compression: Compression,
): Promise<Buffer> {
  const value = await toBytes(`${revision} ${expiresAt ?? never}\n`, text, compression);
  if (value.length <= maxValueBytes) return value;
  const message = `The state needs ${value.length} bytes; the limit of Redis is ${maxValueBytes}. Keep less in it.`;
  throw new AgentStoreError('TOO_LARGE', message);
}

/** The record in a value. One that this store did not write cannot be read. */
export function fromValue(value: Uint8Array): StoredRecord {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const start = bytes.toString('latin1', 0, maxHeaderBytes);
  const end = start.indexOf('\n');
  const [revision, expiry, ...others] = start.slice(0, Math.max(end, 0)).split(' ');
  if (!revision || !expiry || others.length > 0) return { revision: '', read: refuseToRead };
  return {
    revision,
    ...(expiry !== never && { expiresAt: Number(expiry) }),
    read: () => fromBytes(bytes.subarray(end + 1)),
  };
}

async function toBytes(header: string, text: string | Uint8Array, compression: Compression): Promise<Buffer> {
  const isPlain =
    typeof text === 'string' && (compression === 'off' || Buffer.byteLength(text) <= smallTextBytes);
  if (isPlain) return Buffer.from(header + text);
  return Buffer.concat([Buffer.from(header), await toStateBytes(text, compressionLevel)]);
}

function fromBytes(bytes: Buffer): SerializedState | Promise<SerializedState> {
  return bytes[0] === textMarker ? fromStateText(bytes.toString()) : fromStateBytes(bytes);
}

function refuseToRead(): never {
  throw new TypeError('What is stored was not written by this store.');
}
