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

it('keeps nothing of a key whose calls are over: the next one begins at once', async () => {
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
