import { openSync, readSync } from 'node:fs';

/** Kept open: opening it costs several times as much as reading from it. */
let device: number | 'none' | undefined;

/**
 * Fills bytes with random ones from the kernel. Those of `crypto` would repeat: processes that are restored from one snapshot
 * share the state of its generator.
 */
export function fillFromKernel<Bytes extends Uint8Array<ArrayBuffer>>(bytes: Bytes): Bytes {
  device ??= openDevice();
  if (device === 'none') return crypto.getRandomValues(bytes);
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
