import { execFile, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { createApp } from '../../src/index.js';
import { createId } from '../../src/server/ids.js';
import { FakeAgent } from './fake-agent.js';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const hasCompiler = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0;

it('makes ids that are UUIDs, and each only once', () => {
  const ids = Array.from({ length: 1_000 }, createId);
  for (const id of ids) expect(id).toMatch(uuid);
  expect(new Set(ids).size).toBe(ids.length);
});

it('draws them from the kernel, and from crypto only where there is no such device', () => {
  const fill = vi.spyOn(crypto, 'randomFillSync');
  const open = vi.spyOn(fs, 'openSync');
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  createId();
  expect(open).toHaveBeenCalledWith('/dev/urandom', 'r');
  expect(fill).not.toHaveBeenCalled();
  open.mockImplementation(() => {
    throw new Error('ENOENT');
  });
  expect(createId()).toMatch(uuid);
  expect(fill).toHaveBeenCalledOnce();
});

it('draws no random numbers for a ping', async () => {
  const spies = [
    ...(['randomUUID', 'randomBytes', 'randomFillSync', 'randomInt'] as const).map((name) =>
      vi.spyOn(crypto, name),
    ),
    vi.spyOn(crypto.webcrypto, 'getRandomValues'),
    vi.spyOn(fs, 'openSync'),
    vi.spyOn(Math, 'random'),
  ];
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  const app = createApp({ agent: async (contextId) => new FakeAgent(contextId) });
  for (let ping = 0; ping < 3; ping++) expect((await app.request('/ping')).status).toBe(200);
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
});

it.skipIf(!hasCompiler)(
  'makes other ids in each copy of a process that was cloned after a ping',
  async () => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'clone-'));
    onTestFinished(() => fs.rmSync(folder, { recursive: true }));
    const library = join(folder, 'clone.so');
    expect(spawnSync('cc', ['-shared', '-fPIC', '-o', library, here('clone-process.c')]).status).toBe(0);
    const output = await new Promise<string>((resolve) => {
      // One thread only: a clone has no other.
      const args = ['--single-threaded', '--import', 'tsx', here('clone-child.ts')];
      execFile(process.execPath, args, { env: { ...process.env, LD_PRELOAD: library } }, (_, stdout) =>
        resolve(stdout),
      );
    });
    const line = z.object({ shared: z.string(), sessionId: z.string() });
    const copies = output
      .trim()
      .split('\n')
      .map((text) => line.parse(JSON.parse(text)));
    expect(copies).toHaveLength(2);
    // Were these different, nothing would have been cloned.
    expect(new Set(copies.map(({ shared }) => shared)).size).toBe(1);
    expect(new Set(copies.map(({ sessionId }) => sessionId)).size).toBe(2);
  },
);
