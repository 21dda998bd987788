import { fillFromKernel } from './kernel-random.js';

/** A new UUID (version 4), which no copy of this process makes too. */
export function createId(): string {
  const bytes = fillFromKernel(Buffer.alloc(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
