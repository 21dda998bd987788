import { expect, it, onTestFinished, vi } from 'vitest';
import { createRevision } from '../../src/domain/store/revision.js';

const randomNumbers = vi.hoisted(() => ({ repeat: false }));

vi.mock('../../src/domain/kernel-random.js', async (importOriginal) => {
  const { fillFromKernel } = await importOriginal<typeof import('../../src/domain/kernel-random.js')>();
  const fill = (bytes: Uint8Array<ArrayBuffer>) =>
    randomNumbers.repeat ? bytes.fill(1) : fillFromKernel(bytes);
  return { fillFromKernel: fill };
});

const write = { previous: 'before', text: '{"json":1}', now: 1_800_000_000_000 };

it('two copies of a process give one revision to one write only, though their random numbers repeat', async () => {
  // As on a system whose kernel gives no random bytes, in copies of a process that were restored from one snapshot.
  randomNumbers.repeat = true;
  onTestFinished(() => {
    randomNumbers.repeat = false;
  });
  const revision = createRevision(write);
  expect(revision).toMatch(/^[\w-]{22}$/);
  expect(createRevision({ ...write, text: '{"json":2}' })).not.toBe(revision);
  expect(createRevision({ ...write, text: new Uint8Array([1]) })).not.toBe(revision);
  expect(createRevision({ ...write, previous: '' })).not.toBe(revision);
  expect(createRevision({ ...write, now: write.now + 1 })).not.toBe(revision);
});

it('two writes of the same state at the same time have different revisions', async () => {
  expect(createRevision(write)).not.toBe(createRevision(write));
});
