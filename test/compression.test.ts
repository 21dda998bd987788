import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { fromStateBytes, toStateBytes } from '../src/adapters/compression.js';
import { toStateText } from '../src/domain/values/text.js';

const maxBytes = 4 * 1024 * 1024;

it.each([maxBytes + 1, 100_000_000])(
  'decompresses no more than its limit of what has %i bytes',
  async (bytes) => {
    await expect(fromStateBytes(gzipSync(Buffer.alloc(bytes)), maxBytes)).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringMatching(new RegExp(`${bytes} bytes.*${maxBytes}`)),
    });
  },
);

it.each([100_000, 10_000_000])(
  'decompresses no more of what says that it is smaller: %i bytes',
  async (bytes) => {
    const liar = gzipSync(Buffer.alloc(bytes));
    liar.writeUInt32LE(10, liar.length - 4);
    await expect(fromStateBytes(liar, maxBytes)).rejects.toThrow(TypeError);
  },
);

it('reads no more bytes of a serializer than its limit', async () => {
  await expect(fromStateBytes(Buffer.alloc(12), 10)).rejects.toMatchObject({ code: 'TOO_LARGE' });
});

it.each([1, 65_536, 65_537, 1_000_000])('gives text of %i bytes back', async (bytes) => {
  const value = 'a'.repeat(Math.max(1, bytes - '{"json":""}'.length));
  const stored = await toStateBytes({ text: toStateText(value) }, 2);
  expect(await fromStateBytes(stored, maxBytes)).toBe(value);
});

it('gives the bytes of a serializer back as bytes of their own', async () => {
  const bytes = Buffer.from('bytes');
  const stored = await toStateBytes({ text: bytes });
  const read = await fromStateBytes(stored, maxBytes);
  stored.fill(0);
  expect(read).toEqual(new Uint8Array(bytes));
});
