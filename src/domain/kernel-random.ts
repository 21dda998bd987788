import { loadFs } from './node-modules.js';

/** Kept open: opening it costs several times as much as reading from it. */
let device: Device | 'none' | undefined;

interface Device {
  readonly descriptor: number;
  readonly readSync: ReturnType<typeof loadFs>['readSync'];
}

/**
 * Fills bytes with random ones from the kernel. Those of `crypto` would repeat: processes that are restored from one snapshot
 * share the state of its generator.
 */
export function fillFromKernel<Bytes extends Uint8Array<ArrayBuffer>>(bytes: Bytes): Bytes {
  device ??= openDevice();
  if (device === 'none') return crypto.getRandomValues(bytes);
  device.readSync(device.descriptor, bytes);
  return bytes;
}

function openDevice(): Device | 'none' {
  const { openSync, readSync } = loadFs();
  try {
    return { descriptor: openSync('/dev/urandom', 'r'), readSync };
  } catch {
    return 'none'; // Not every system has it.
  }
}
