/** Writes the reference of all exported names to `docs/api/`: `npm run docs:api`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readApi } from './read-api.js';
import { writePages } from './write-pages.js';

const folder = 'docs/api';
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [file, text] of Object.entries(writePages(readApi()))) writeFileSync(join(folder, file), text);
