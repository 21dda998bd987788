import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readApi } from '../tools/api-reference/read-api.js';
import { writePages } from '../tools/api-reference/write-pages.js';

const entryPoints = readApi();
const names = new Map(entryPoints.flatMap((entryPoint) => entryPoint.names.map((each) => [each.name, each])));

describe('the API reference', () => {
  it('says what the source says: `npm run docs:api` writes it', async () => {
    const files = await readdir('docs/api');
    const pages = await Promise.all(files.map((file) => readFile(join('docs/api', file), 'utf8')));
    const written = Object.fromEntries(files.map((file, index) => [file, pages[index]]));
    expect(written).toEqual(writePages(entryPoints));
  });

  it('has a comment for every exported name', () => {
    const bare = [...names.values()].filter(({ description }) => description === '').map(({ name }) => name);
    expect(bare).toEqual([]);
  });

  it('has an example for every exported name', () => {
    const bare = [...names.values()].filter(({ examples }) => examples.length === 0).map(({ name }) => name);
    expect(bare).toEqual([]);
  });
});
