import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { compileCloning, here } from './clone.js';

it('makes other ids and other revisions in each copy of a process that was cloned after a ping', async () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'clone-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const library = join(folder, 'clone.so');
  compileCloning(library);
  const output = await new Promise<string>((resolve) => {
    // One thread only: a clone has no other.
    const args = ['--single-threaded', '--import', 'tsx', here('clone-child.ts')];
    execFile(process.execPath, args, { env: { ...process.env, LD_PRELOAD: library } }, (_, stdout) =>
      resolve(stdout),
    );
  });
  const copies = output
    .trim()
    .split('\n')
    .map((text): Record<'shared' | 'sessionId' | 'revision' | 'step', string> => JSON.parse(text));
  const any = expect.any(String);
  expect(copies).toEqual(Array(2).fill({ shared: any, sessionId: any, revision: any, step: any }));
  // Were these different, nothing would have been cloned.
  expect(new Set(copies.map(({ shared }) => shared)).size).toBe(1);
  expect(new Set(copies.map(({ sessionId }) => sessionId)).size).toBe(2);
  expect(new Set(copies.map(({ revision }) => revision)).size).toBe(2);
  // By these, a tool knows a step that it has done already.
  expect(new Set(copies.map(({ step }) => step)).size).toBe(2);
});
