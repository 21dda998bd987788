import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { messageStoreContract } from '../src/testing/index.js';
import { createMemoryMessageBackend } from './backends/memory-backend.js';

const page = await readFile('docs/history.md', 'utf8');
const tests = [...page.matchAll(/^Besides, in `(\S+)`: (.+)$/gm)].map(([, path = '', name = '']) => ({
  name,
  path,
}));

describe('the page of histories', () => {
  it('names every case of the contract once, and none that is not there', () => {
    const named = [...page.matchAll(/^- `(.+)`$/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(
      messageStoreContract(createMemoryMessageBackend)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it.each(tests)('names a test that is there: $name', async ({ name, path }) => {
    expect(await readFile(path, 'utf8')).toContain(`'${name}`);
  });
});
