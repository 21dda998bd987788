import { expect, it, vi } from 'vitest';
import { createRevision } from '../../src/domain/revision.js';

vi.mock('node:crypto', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:crypto')>()),
  // As in copies of a process that were restored from one snapshot.
  randomUUID: () => '00000000-0000-4000-8000-000000000000',
}));

it('two copies of a process give one revision to one write only, though their random numbers repeat', async () => {
  const write = { previous: 'before', text: '{"json":1}', now: 1_800_000_000_000 };
  const revision = await createRevision(write);
  expect(revision).toMatch(/^[\w-]{22}$/);
  expect(await createRevision({ ...write, text: '{"json":2}' })).not.toBe(revision);
  expect(await createRevision({ ...write, text: new Uint8Array([1]) })).not.toBe(revision);
  expect(await createRevision({ ...write, previous: '' })).not.toBe(revision);
  expect(await createRevision({ ...write, now: write.now + 1 })).not.toBe(revision);
});
