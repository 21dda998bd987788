import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { turnStoreContract } from '../src/testing/index.js';
import { createMemoryTurnBackend } from './backends/memory-backend.js';

const page = await readFile('docs/turns.md', 'utf8');
const tests = [...page.matchAll(/^Besides, in `(\S+)`: (.+)$/gm)].map(([, path = '', name = '']) => ({
  name,
  path,
}));

describe('the page of turns', () => {
  it('names every case of the contract once, and none that is not there', () => {
    const named = [...page.matchAll(/^- `(.+)`$/gm)].map(([, name]) => name);
    const cases = turnStoreContract(() => createMemoryTurnBackend()).map(({ name }) => name);
    expect(named.sort()).toEqual(cases.sort());
  });

  it.each(tests)('names a test that is there: $name', async ({ name, path }) => {
    expect(await readFile(path, 'utf8')).toContain(`'${name}`);
  });
});
