import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { fromStateBytes, toStateBytes } from '../../src/adapters/gzip/state-bytes.js';

const maxTextBytes = 256 * 1024 * 1024;

it('refuses text that would not be decompressed again', async () => {
  await expect(toStateBytes('a'.repeat(maxTextBytes + 1))).rejects.toMatchObject({
    code: 'TOO_LARGE',
    message: expect.stringMatching(new RegExp(`${maxTextBytes + 1} bytes.*${maxTextBytes}`)),
  });
});

it('decompresses no more than that, whatever somebody has stored', async () => {
  const bomb = gzipSync(Buffer.alloc(maxTextBytes + 1));
  await expect(fromStateBytes(bomb)).rejects.toMatchObject({ code: 'ERR_BUFFER_TOO_LARGE' });
});

it('gives the bytes of a serializer back as bytes of their own', async () => {
  const bytes = Buffer.from('bytes');
  const stored = await toStateBytes(bytes);
  const read = await fromStateBytes(stored);
  stored.fill(0);
  expect(read).toEqual(new Uint8Array(bytes));
});
