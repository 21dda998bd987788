import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { agentStoreContract, sessionListContract } from '../src/testing/index.js';
import { createMemoryBackend } from './backends/memory-backend.js';

const page = await readFile('docs/promises.md', 'utf8');
const promises = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ text, heading: text.split('\n', 1)[0] }));
const tests = promises.flatMap(({ text }) =>
  [...text.matchAll(/\*([^*]+)\* \(`(\S+\.test\.ts)`\)/g)].map(([, name = '', path = '']) => ({
    name,
    path,
  })),
);

describe('the page of promises', () => {
  it('numbers them, one heading each', () => {
    expect(promises.map(({ heading }) => heading)).toEqual(
      Array.from({ length: 11 }, (_, index) => `Promise ${index + 1}`),
    );
  });

  it('names every case of the contracts under one promise, and none that is not there', () => {
    const named = promises.flatMap(({ text }) => [...text.matchAll(/^- `(.+)`$/gm)].map(([, name]) => name));
    const contracts = [agentStoreContract(createMemoryBackend), sessionListContract(createMemoryBackend)];
    const cases = contracts.flat().map(({ name }) => name);
    expect(named.sort()).toEqual(cases.sort());
  });

  it.each(promises)('proves each by cases: $heading', ({ text }) => {
    expect(text).toMatch(/^Contract:\n\n- `.+`$/m);
  });

  it.each(tests)('names a test that is there: $name', async ({ name, path }) => {
    expect(await readFile(path, 'utf8')).toContain(`'${name}`);
  });
});
