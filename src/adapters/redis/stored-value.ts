import type { NewRecord, StoredRecord } from '../../domain/record-store.js';
import type { SerializedData } from '../../domain/values/plain-data.js';
import { requireSize, sizeOf } from '../../domain/values/size.js';
import { fromStateText } from '../../domain/values/text.js';
import { fromStateBytes, toStateBytes } from '../compression.js';

/** Text up to this size is not worth the time that compressing it takes; beyond it, all text gets smaller. */
const smallTextBytes = 4_096;

/** Half the time of gzip's default for a tenth more bytes: a Redis is asked for its speed. */
const compressionLevel = 2;

/** Stands for an expiry or a token that is absent. */
const never = '-';

/** The most bytes that the first line of a value takes. */
export const maxHeaderBytes = 256;

/** The first line of a value: revision, expiry, fencing token, lineage. The script reads it by the same rule. */
const headerForm = /^([!-~]{1,64}) (-|\d{1,15})(?: (-|\d{1,15})(?: ([\w-]{1,96}))?)?\n/;

/** How text that is not compressed starts; no other form does. */
const textMarker = '{'.charCodeAt(0);

/**
 * The value of a record: a line with its revision, its expiry and, if it has one, its fencing token, which the script
 * reads, and the data behind it.
 */
export function toValue(record: NewRecord, compresses: boolean): string | Buffer | Promise<Buffer> {
  const { revision, expiresAt, token, lineage, text, utf8 } = record;
  const fields = [revision, expiresAt ?? never];
  if (token !== undefined || lineage !== undefined) fields.push(token ?? never);
  if (lineage !== undefined) fields.push(lineage);
  const header = `${fields.join(' ')}\n`;
  const bytes = utf8?.byteLength ?? sizeOf(text);
  const isLong = bytes > smallTextBytes;
  if (typeof text !== 'string' || (compresses && isLong))
    return toStateBytes(record, compressionLevel).then((state) =>
      Buffer.concat([Buffer.from(header), state]),
    );
  // A client sends text faster than bytes, unless it is long and has other characters than those of ASCII.
  if (utf8 === undefined || !isLong || bytes === text.length) return header + text;
  return Buffer.concat([Buffer.from(header), utf8]);
}

/** The record in a value. One that this store did not write cannot be read. */
export function fromValue(value: Uint8Array): StoredRecord {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const found = headerForm.exec(bytes.toString('latin1', 0, maxHeaderBytes));
  const [header, revision, expiry, token, lineage] = found ?? [];
  if (header === undefined || revision === undefined) return { revision: '', read: refuseToRead };
  return {
    revision,
    expiresAt: expiry === never ? undefined : Number(expiry),
    token: token === undefined || token === never ? undefined : Number(token),
    lineage,
    read: (maxBytes) => fromBytes(bytes.subarray(header.length), maxBytes),
  };
}

/** In milliseconds from the moment Redis gets it, not as a time: a clock that differs from that of Redis must not end it early. */
export function toTimeToLive({ expiresAt, updatedAt }: NewRecord): number | undefined {
  if (expiresAt === undefined) return undefined;
  return Math.min(Math.max(Math.ceil(expiresAt * 1000 - updatedAt), 1), Number.MAX_SAFE_INTEGER);
}

function fromBytes(bytes: Buffer, maxBytes: number): SerializedData | Promise<SerializedData> {
  if (bytes[0] !== textMarker) return fromStateBytes(bytes, maxBytes);
  requireSize(bytes.length, maxBytes);
  return fromStateText(bytes.toString());
}

function refuseToRead(): never {
  throw new TypeError('What is stored was not written by this store.');
}
