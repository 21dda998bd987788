import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testApproval } from './approval-tests.js';
import { InstalledExample } from './installed-example.js';

let example: InstalledExample;

beforeAll(async () => {
  example = await InstalledExample.install('strands');
});

afterAll(() => example?.remove());

describe('Strands Agents', () => {
  it('has types that fit, with a real model', async () => {
    expect(await example.typeCheck()).toBe('');
  });

  describe('with its mock model', () => {
    beforeAll(() => example.mockModel('strands.ts'));

    it('has types that fit', async () => {
      expect(await example.typeCheck()).toBe('');
    });

    testApproval(() => example);
  });
});
