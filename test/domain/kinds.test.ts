import { expect, it } from 'vitest';
import { encode } from '../../src/domain/values/encode.js';
import { kindOf } from '../../src/domain/values/kinds.js';

it('says of a value that JSON has that it is of no kind', () => {
  for (const value of [null, true, 1, 'text', [], {}]) expect(kindOf(value)).toBe(undefined);
});

it('makes no notes of plain data', () => {
  expect(encode({ a: [1, null] }, 'data')).toEqual({ data: { a: [1, null] }, notes: {} });
});
