import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { fingerprintMeasure, listMeasures } from '../bench/measured-code.js';

describe('the page of the benchmarks', () => {
  it.each(listMeasures())('has measured the code that is here: %s', async (name) => {
    const { code } = JSON.parse(await readFile(`docs/benchmarks/${name}.json`, 'utf8'));
    // If not: `npm run bench -- ${name}`, on an idle machine.
    expect(code).toBe(await fingerprintMeasure(name));
  });
});
