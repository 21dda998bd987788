import { randomFillSync } from 'node:crypto';
import { openSync, readSync } from 'node:fs';

/** Stays open: opening it costs several times what reading does. */
let device: number | 'none' | undefined;

/**
 * A new UUID (version 4).
 *
 * From the kernel, not from `crypto`: a process restored from a snapshot shares the generator and the cached ids of
 * `crypto` with every other copy, and would make the same ids as they do.
 */
export function createId(): string {
  const bytes = readRandomBytes(Buffer.alloc(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function readRandomBytes(bytes: Buffer): Buffer {
  device ??= openDevice();
  if (device === 'none') return randomFillSync(bytes);
  readSync(device, bytes);
  return bytes;
}

function openDevice(): number | 'none' {
  try {
    return openSync('/dev/urandom', 'r');
  } catch {
    return 'none'; // Not every system has it.
  }
}
