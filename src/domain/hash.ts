import { loadCrypto } from './node-modules.js';

const digest = Buffer.alloc(32);

/** The first 128 bits of SHA-256, 22 characters of base64url. */
export function hash(data: string | Uint8Array): string {
  const { createHash, hash: hashAtOnce } = loadCrypto();
  // Node 20 has the faster one from 20.12 on. Asked for bytes, it would make a buffer, which takes longer than the hash.
  const binary = hashAtOnce?.('sha256', data, 'binary') ?? createHash('sha256').update(data).digest('binary');
  digest.write(binary, 'binary');
  // Cut as bytes: a slice of a longer text would keep all of that text in memory.
  return digest.toString('base64url', 0, 16);
}
