import { expect, it, vi } from 'vitest';
import { awaitTickEnd, leaveTickEnd } from '../../src/server/process/tick-end.js';
import { AgentScope, currentScope } from '../../src/server/request-context.js';

const listener = (onTickEnd: () => void = () => undefined) => ({ onTickEnd: vi.fn(onTickEnd) });

it('is told once to each that waits for it, and not to those that have left', async () => {
  const [first, second, gone] = [listener(), listener(), listener()];
  for (const each of [first, second]) awaitTickEnd(each);
  const place = awaitTickEnd(gone);
  leaveTickEnd(place);
  leaveTickEnd(place);
  await Promise.resolve();
  expect(first.onTickEnd).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(second.onTickEnd).toHaveBeenCalled());
  expect(first.onTickEnd).toHaveBeenCalledTimes(1);
  expect(gone.onTickEnd).not.toHaveBeenCalled();
});

it('is not told to those that leave at it', async () => {
  const gone = listener();
  awaitTickEnd(listener(() => leaveTickEnd(place)));
  const place = awaitTickEnd(gone);
  const last = listener();
  awaitTickEnd(last);
  await vi.waitFor(() => expect(last.onTickEnd).toHaveBeenCalledTimes(1));
  expect(gone.onTickEnd).not.toHaveBeenCalled();
});

it('is told to those that begin to wait at it', async () => {
  const later = listener();
  awaitTickEnd(listener(() => awaitTickEnd(later)));
  await vi.waitFor(() => expect(later.onTickEnd).toHaveBeenCalled());
});

it('is told to all others although one of them throws', () => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
  try {
    const next = listener();
    awaitTickEnd(listener(() => expect.fail('thrown by a listener')));
    awaitTickEnd(next);
    expect(() => vi.runAllTimers()).toThrow('thrown by a listener');
    vi.runAllTimers();
    expect(next.onTickEnd).toHaveBeenCalledTimes(1);
  } finally {
    vi.useRealTimers();
  }
});

it('belongs to no session', async () => {
  const scopes: unknown[] = [];
  const scope = new AgentScope('session', () => undefined);
  scope.runAlone(() => awaitTickEnd({ onTickEnd: () => scopes.push(currentScope()) }));
  await vi.waitFor(() => expect(scopes).toEqual([undefined]));
});
