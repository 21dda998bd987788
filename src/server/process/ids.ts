import { fillFromKernel } from '../../domain/kernel-random.js';

/** A new UUID (version 4), which no copy of this process makes too. */
export function createId(): string {
  const bytes = fillFromKernel(Buffer.alloc(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

let prefix: string | undefined;
let turns = 0;

/**
 * The id of a turn: letters, digits and `-`. Cheap, as every turn needs one, while random bytes from the kernel take longer than all else
 * that begins a turn. Copies of a process that was restored from a snapshot share prefix and count, and differ by the time.
 */
export function createTurnId(): string {
  prefix ??= createId().slice(0, 8);
  turns++;
  return `${prefix}-${Date.now().toString(36)}-${turns.toString(36)}`;
}
