import crypto from 'node:crypto';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createApp } from '../../src/hono.js';
import { FakeAgent } from './fake-agent.js';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** With the state of a process that has made no id yet. */
async function importFresh() {
  vi.resetModules();
  const { createId } = await import('../../src/domain/create-id.js');
  const { createTurnId } = await import('../../src/server/process/turn-id.js');
  return { createId, createTurnId };
}

it('makes ids that are UUIDs, and each only once', async () => {
  const { createId } = await importFresh();
  const ids = Array.from({ length: 1_000 }, createId);
  for (const id of ids) expect(id).toMatch(uuid);
  expect(new Set(ids).size).toBe(ids.length);
});

it('draws them from the kernel, and from crypto only where there is no such device', async () => {
  const fill = vi.spyOn(crypto.webcrypto, 'getRandomValues');
  const open = vi.spyOn(fs, 'openSync');
  const read = vi.spyOn(fs, 'readSync');
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  const kernel = await importFresh();
  for (let count = 0; count < 3; count++) kernel.createId();
  expect(open.mock.calls).toEqual([['/dev/urandom', 'r']]);
  expect(read).toHaveBeenCalledTimes(3);
  expect(fill).not.toHaveBeenCalled();
  open.mockImplementation(() => {
    throw new Error('ENOENT');
  });
  const { createId } = await importFresh();
  expect(createId()).toMatch(uuid);
  expect(fill).toHaveBeenCalledOnce();
});

it('makes an id for each turn, without a colon, and draws random numbers only for the first', async () => {
  const read = vi.spyOn(fs, 'readSync');
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  const { createTurnId } = await importFresh();
  const ids = Array.from({ length: 1_000 }, createTurnId);
  for (const id of ids) expect(id).toMatch(/^[\da-z]+-[\da-z]+-[\da-z]+$/);
  expect(new Set(ids).size).toBe(ids.length);
  expect(read).toHaveBeenCalledOnce();
});

it('draws no random numbers for a ping', async () => {
  const spies = [
    ...(['randomUUID', 'randomBytes', 'randomFillSync', 'randomInt'] as const).map((name) =>
      vi.spyOn(crypto, name),
    ),
    vi.spyOn(crypto.webcrypto, 'getRandomValues'),
    vi.spyOn(fs, 'openSync'),
    vi.spyOn(fs, 'readSync'),
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
