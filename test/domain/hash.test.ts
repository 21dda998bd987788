import crypto from 'node:crypto';
import { expect, it, onTestFinished, vi } from 'vitest';
import { hash } from '../../src/domain/hash.js';
import * as nodeModules from '../../src/domain/node-modules.js';

vi.mock('../../src/domain/node-modules.js', { spy: true });

/** The first half of the SHA-256 that FIPS 180-2 gives for "abc". */
const ofAbc = Buffer.from('ba7816bf8f01cfea414140de5dae2223', 'hex').toString('base64url');

it('is the first half of SHA-256, of text and of bytes', () => {
  expect(hash('abc')).toBe(ofAbc);
  expect(hash(Buffer.from('abc'))).toBe(ofAbc);
  expect(hash('🙂')).toBe(hash(Buffer.from('🙂')));
});

it('is the same in a Node without `crypto.hash`', () => {
  const load = vi
    .mocked(nodeModules.loadCrypto)
    .mockReturnValue(Object.assign({ ...crypto }, { hash: undefined }));
  onTestFinished(() => {
    load.mockRestore();
  });
  expect(hash('abc')).toBe(ofAbc);
  expect(hash(Buffer.from('abc'))).toBe(ofAbc);
});
