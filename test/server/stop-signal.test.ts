import { expect, it, vi } from 'vitest';
import { unlessStopped } from '../../src/server/turn/observe.js';
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
