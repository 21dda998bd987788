import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WaitingBudget } from '../../src/server/http/waiting-budget.js';
import { answerWebRequest } from '../../src/server/http/web-exchange.js';
import { KeepAlives } from '../../src/server/turn/keep-alives.js';
import { TurnStream } from '../../src/server/turn/turn-stream.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const answer = () => ({ writtenAt: performance.now(), keepAlive: vi.fn() });

it('keep an answer alive whenever nothing was written to it for so long', () => {
  const keepAlives = new KeepAlives(15);
  const silent = answer();
  keepAlives.add(silent);
  for (let times = 1; times <= 3; times++) {
    vi.advanceTimersByTime(14_000);
    expect(silent.keepAlive).toHaveBeenCalledTimes(times - 1);
    vi.advanceTimersByTime(1_000);
    expect(silent.keepAlive).toHaveBeenCalledTimes(times);
    silent.writtenAt = performance.now();
  }
});

it('go by when each was written to, and leave those that are over alone', () => {
  const keepAlives = new KeepAlives(15);
  const [busy, over] = [answer(), answer()];
  keepAlives.add(busy);
  keepAlives.remove(keepAlives.add(over));
  vi.advanceTimersByTime(10_000);
  busy.writtenAt = performance.now();
  const later = answer();
  keepAlives.add(later);
  vi.advanceTimersByTime(14_000);
  expect(busy.keepAlive).not.toHaveBeenCalled();
  expect(later.keepAlive).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1_000);
  expect(busy.keepAlive).toHaveBeenCalledTimes(1);
  expect(later.keepAlive).toHaveBeenCalledTimes(1);
  expect(over.keepAlive).not.toHaveBeenCalled();
});

it('leave one alone that is over because of another one in the same round', () => {
  const keepAlives = new KeepAlives(15);
  const ending = answer();
  keepAlives.add(ending);
  const over = answer();
  const place = keepAlives.add(over);
  const last = answer();
  keepAlives.add(last);
  ending.keepAlive.mockImplementation(() => keepAlives.remove(place));
  vi.advanceTimersByTime(15_000);
  expect(over.keepAlive).not.toHaveBeenCalled();
  expect(last.keepAlive).toHaveBeenCalledTimes(1);
});

it('set no timer when all are over, and one again for the next', () => {
  const keepAlives = new KeepAlives(15);
  const first = answer();
  const place = keepAlives.add(first);
  keepAlives.remove(place);
  keepAlives.remove(place);
  keepAlives.remove(undefined);
  vi.advanceTimersByTime(15_000);
  expect(vi.getTimerCount()).toBe(0);
  const next = answer();
  keepAlives.add(next);
  vi.advanceTimersByTime(15_000);
  expect(next.keepAlive).toHaveBeenCalledTimes(1);
});

it('keep hundreds of answers alive in few rounds', () => {
  const keepAlives = new KeepAlives(15);
  const answers = Array.from({ length: 500 }, () => {
    vi.advanceTimersByTime(10);
    const each = answer();
    keepAlives.add(each);
    return each;
  });
  const timers = vi.spyOn(globalThis, 'setTimeout');
  vi.advanceTimersByTime(15_000);
  for (const { keepAlive } of answers) expect(keepAlive).toHaveBeenCalled();
  expect(timers.mock.calls.length).toBeLessThan(30);
});

it('go by when a stream was begun until something is written to it, opened or not', async () => {
  const [keepAlives, budget] = [new KeepAlives(15), new WaitingBudget(1_000_000)];
  // Not at 0, where nothing would tell "now" from "never".
  vi.advanceTimersByTime(1_000);
  const begun = performance.now();
  const written: number[] = [];
  const response = await answerWebRequest(new Request('http://agent/invocations'), async (exchange) => {
    const names = { sessionId: 'session-1', turnId: 'turn-1' };
    const stream = new TurnStream({ exchange, ...names, keepAlives, budget, onGone() {} });
    const steps = [() => {}, () => stream.open(), () => stream.send({ kind: 'a', data: '{}' }, 1)];
    for (const step of steps) {
      vi.advanceTimersByTime(1_000);
      step();
      written.push(stream.writtenAt - begun);
    }
    stream.end();
  });
  expect(written).toEqual([0, 0, 3_000]);
  expect(await response.text()).toBe('id: turn-1:1\nevent: a\ndata: {}\n\n');
});
