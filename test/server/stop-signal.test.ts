import { expect, it, vi } from 'vitest';
import { observe, unlessStopped } from '../../src/server/turn/observe.js';
import { StopSignal } from '../../src/server/turn/stop-signal.js';

it('stops once, for the first reason', () => {
  const [first, second] = [new Error('first'), new Error('second')];
  const signal = new StopSignal();
  const listener = vi.fn();
  signal.onStop(listener);
  signal.stop(first);
  signal.stop(second);
  expect(listener.mock.calls).toEqual([[first]]);
  expect(() => signal.throwIfStopped()).toThrow(first);
});

it('takes the result of work that makes no promise, as a factory written in JavaScript may', async () => {
  expect(await unlessStopped(new StopSignal(), vi.fn().mockReturnValue(5))).toBe(5);
});

it('leaves a stream alone that comes after the turn was stopped', async () => {
  const signal = new StopSignal();
  const [subscribe, onStart, reason] = [vi.fn(), vi.fn(), new Error('stopped')];
  let come: (events: { subscribe: typeof subscribe }) => void = () => undefined;
  const events = new Promise<{ subscribe: typeof subscribe }>((resolve) => {
    come = resolve;
  });
  const observed = observe(signal, () => events, { onStart, take: vi.fn() });
  signal.stop(reason);
  await expect(observed).rejects.toBe(reason);
  come({ subscribe });
  await events;
  await Promise.resolve();
  expect(onStart).not.toHaveBeenCalled();
});
