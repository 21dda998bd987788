import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { CallQueue } from '../../src/domain/store/call-queue.js';

/** Calls that end when they are told to, and what they have begun and ended. */
function createCalls(queue: CallQueue) {
  const log: string[] = [];
  const enqueue = (name: string) => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const done = queue.run('key', async () => {
      log.push(`${name} begins`);
      await ended;
      log.push(`${name} ends`);
    });
    return { end, done };
  };
  return { log, enqueue };
}

it('lets a call wait for the one before it, though an earlier one has ended in between', async () => {
  const { log, enqueue } = createCalls(new CallQueue());
  const first = enqueue('first');
  const second = enqueue('second');
  first.end();
  await first.done;
  const third = enqueue('third');
  third.end();
  await new Promise(setImmediate);
  expect(log).toEqual(['first begins', 'first ends', 'second begins']);
  second.end();
  await third.done;
  expect(log.slice(3)).toEqual(['second ends', 'third begins', 'third ends']);
});

it('lets no call wait for one that is over: the next one begins at once', async () => {
  const { log, enqueue } = createCalls(new CallQueue());
  const first = enqueue('first');
  first.end();
  await first.done;
  await new Promise(setImmediate);
  const second = enqueue('second');
  expect(log.at(-1)).toBe('second begins');
  second.end();
  await second.done;
});

it('is settled when no call is under way, those included that hold up none and those that fail', async () => {
  const queue = new CallQueue();
  const { log, enqueue } = createCalls(queue);
  const first = enqueue('first');
  let fail = () => {};
  const failed = queue.after('key', () => new Promise((_, reject) => (fail = () => reject(new Error('x')))));
  const settled = queue.settled().then(() => log.push('settled'));
  first.end();
  await first.done;
  await new Promise(setImmediate);
  expect(log).toEqual(['first begins', 'first ends']);
  fail();
  await expect(failed).rejects.toThrow('x');
  await settled;
  expect(log.at(-1)).toBe('settled');
  await queue.settled();
});

it('keeps the order of the calls for each of many keys, and little of those whose calls are over', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const queue = new CallQueue();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const early: string[] = [];
  for (let round = 0; round < 100; round++) {
    const ended = new Set<string>();
    const keys = Array.from({ length: 1_000 }, (_, index) => `${'k'.repeat(100)}-${round}-${index}`);
    const calls = keys.flatMap((key) => [
      queue.run(key, async () => {
        await null;
        ended.add(key);
      }),
      queue.run(key, async () => {
        if (!ended.has(key)) early.push(key);
      }),
    ]);
    await Promise.all(calls);
  }
  expect(early).toEqual([]);
  await queue.settled();
  collectGarbage();
  // A hundred thousand keys would take forty million.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
});
