import { randomFillSync } from 'node:crypto';
import { openSync, readSync } from 'node:fs';

/** Stays open: opening it costs several times what reading does. */
let device: number | 'none' | undefined;

/**
 * Fills bytes with random ones from the kernel, not from `crypto`: a process restored from a snapshot shares the generator of
 * `crypto` with every other copy, and would make the same ones as they do.
 */
export function fillFromKernel<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
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
