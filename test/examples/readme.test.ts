import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { followLinks } from '../package/links.js';
import { LocalServer } from './local-server-process.js';

let DATA_DIR: string;
let blocks: string[];

beforeAll(async () => {
  DATA_DIR = await mkdtemp(join(tmpdir(), 'readme-'));
  const [, section = ''] = (await readFile('README.md', 'utf8')).split('\n## Run it locally\n');
  const [text = ''] = section.split('\n## ');
  blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
});

afterEach(() => LocalServer.killAll());

afterAll(() => rm(DATA_DIR, { recursive: true, force: true }));

/** Runs lines of the README in one shell, as somebody does who puts in what `npm start` has printed. */
async function paste(server: LocalServer, lines: string, inputId = ''): Promise<string> {
  const { origin } = new URL(server.url ?? '');
  const script = lines
    .replaceAll('http://localhost:8080', origin)
    .replaceAll('<process id>', server.stdout.match(/\(process (\d+)\)/)?.[1] ?? '')
    .replaceAll('<inputId>', inputId);
  return (await promisify(execFile)('bash', ['-euc', script])).stdout;
}

describe('the README', () => {
  it('leads from a start over a question and kill -9 to the answer', async () => {
    const [start, ask = '', answer = '', ...others] = blocks;
    expect([start, others]).toEqual(['npm ci\nnpm start\n', []]);

    const first = await LocalServer.start({ DATA_DIR });
    const asked = await paste(first, ask);
    const inputId = asked.match(/"inputId":"([^"]+)"/)?.[1];
    expect(asked).toContain('What is your name?');
    expect(await first.exit()).toBe(null);

    const second = await LocalServer.start({ DATA_DIR });
    const [session] = ask.split('\n');
    const answered = await paste(second, `${session}\n${answer}`, inputId);
    expect(answered).toContain('"status":"waiting-input"');
    expect(answered).toContain('You answered \\"What is your name?\\" with: Ada');
    expect(answered).toContain('event: task-complete');
  });
});

describe('the list of examples', () => {
  it('has a line for each, with commands whose files are there', async () => {
    const rows = (await readFile('examples/README.md', 'utf8')).match(/^\| \[.*$/gm) ?? [];
    const folders = await readdir('examples', { withFileTypes: true });
    expect(rows.map((row) => row.match(/\[([\w-]+)\]/)?.[1]).sort()).toEqual(
      folders.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort(),
    );
    for (const row of rows) {
      const named = [...row.matchAll(/(?:examples|test)\/[\w./-]+/g)].map(([file]) => file);
      const linked = [...row.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => join('examples', file ?? ''));
      for (const file of [...named, ...linked]) await readFile(file);
    }
  });
});

describe('the pages', () => {
  it('link to files and headings that are there', async () => {
    const { count, broken } = await followLinks('.');
    expect(broken).toEqual([]);
    expect(count).toBeGreaterThan(50);
  });
});
