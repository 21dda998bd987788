import { loadCrypto } from './node-modules.js';

/** The first 128 bits of SHA-256, 22 characters of base64url. */
export function hash(data: string | Uint8Array): string {
  const { createHash, hash: hashAtOnce } = loadCrypto();
  // Node 20 has the faster one from 20.12 on.
  const digest = hashAtOnce?.('sha256', data, 'buffer') ?? createHash('sha256').update(data).digest();
  // Cut as bytes: a slice of a longer text would keep all of that text in memory.
  return digest.toString('base64url', 0, 16);
}
