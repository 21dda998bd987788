import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { fromStateBytes, toStateBytes } from '../src/adapters/compression.js';
import { toStateText } from '../src/domain/values/text.js';

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

it('decompresses no more than it would on the spot of what says that it is small', async () => {
  const liar = gzipSync(Buffer.alloc(100_000));
  liar.writeUInt32LE(10, liar.length - 4);
  await expect(fromStateBytes(liar)).rejects.toMatchObject({ code: 'ERR_BUFFER_TOO_LARGE' });
});

it.each([1, 65_536, 65_537, 1_000_000])('gives text of %i bytes back', async (bytes) => {
  const value = 'a'.repeat(Math.max(1, bytes - '{"json":""}'.length));
  const stored = await toStateBytes(toStateText(value), 2);
  expect(await fromStateBytes(stored)).toBe(value);
});

it('gives the bytes of a serializer back as bytes of their own', async () => {
  const bytes = Buffer.from('bytes');
  const stored = await toStateBytes(bytes);
  const read = await fromStateBytes(stored);
  stored.fill(0);
  expect(read).toEqual(new Uint8Array(bytes));
});
