import { randomFillSync } from 'node:crypto';
import { openSync, readSync } from 'node:fs';

/** It stays open, since opening it takes several times as long as reading. */
let device: number | 'none' | undefined;

/**
 * A new UUID (version 4).
 *
 * Its random bytes come from the kernel. Those of `crypto` repeat in processes restored from one snapshot: they share
 * the state of its generator and the ids it made in advance.
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
