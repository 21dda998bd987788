import { expect, it } from 'vitest';
import {
  InMemoryRecordStore,
  InMemoryTurnStore,
  type LogItem,
  type TurnStore,
} from '../../src/adapters/memory/index.js';

const event = (n: number) => ({ kind: 'content-delta', data: JSON.stringify({ delta: `${n}` }) });
async function all(store: TurnStore, turn: string, after = 0): Promise<LogItem[]> {
  const items: LogItem[] = [];
  for await (const item of store.read('s', turn, after)) items.push(item);
  return items;
}

it('works', async () => {
  const records = new InMemoryRecordStore();
  const options = { agentId: 'a', records, flushMs: 5 };
  const one = new InMemoryTurnStore(options);
  const two = new InMemoryTurnStore(options);
  const start = await one.begin('s', { turn: 't1', holder: 'one', idempotency: { key: 'k', hash: 'h' } });
  if (start.outcome !== 'begun') throw new Error(start.outcome);
  expect(await two.begin('s', { turn: 't2', holder: 'two' })).toEqual({ outcome: 'busy', turn: 't1' });
  expect(await two.begin('s', { turn: 't2', holder: 'two', idempotency: { key: 'k', hash: 'h' } })).toEqual({
    outcome: 'repeated',
    turn: 't1',
  });
  expect(await two.begin('s', { turn: 't2', holder: 'two', idempotency: { key: 'k', hash: 'x' } })).toEqual({
    outcome: 'key-reused',
  });
  const reading = all(two, 't1');
  for (let n = 1; n <= 5; n++) start.turn.log(event(n));
  expect(await two.listRunningTurns()).toMatchObject([{ contextId: 's', turn: 't1', holder: 'one' }]);
  expect(await start.turn.end({ kind: 'task-complete', data: '{}' })).toMatchObject({ number: 6 });
  expect((await reading).map((item) => 'number' in item && item.number)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await all(two, 't1', 3)).toHaveLength(3);
  expect(await all(two, 't1', 6)).toEqual([]);
  expect(await all(two, 't1', 99)).toEqual([]);
  expect(await all(two, 'unknown', 3)).toEqual([{ lost: { from: 4, to: Number.MAX_SAFE_INTEGER } }]);
  const next = await two.begin('s', { turn: 't3', holder: 'two' });
  expect(next.outcome).toBe('begun');
  if (next.outcome !== 'begun') return;
  expect(next.turn.fencingToken).toBeGreaterThan(start.turn.fencingToken);
  const stopped: string[] = [];
  next.turn.onStop((reason) => {
    stopped.push(reason);
    void next.turn.end({ kind: 'error', data: '{"code":"CANCELLED"}' });
  });
  void one.cancel('s');
  await next.turn.end({ kind: 'error', data: '{"code":"CANCELLED"}' });
});
