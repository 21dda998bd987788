import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { LiveTurn, type TurnListener } from '../../src/server/turn/live-turn.js';
import { ReplayLog } from '../../src/server/turn/replay-log.js';
import { toTurnEvent } from '../../src/server/turn/turn-event.js';
import { runs } from '../property/options.js';
import { event } from './fake-agent.js';

const unlimited = { maxEvents: 1e9, maxBytes: 1e9, note() {} };
const createListener = ({ send, end }: Partial<TurnListener> = {}) => ({
  send: vi.fn<TurnListener['send']>(send),
  end: vi.fn<TurnListener['end']>(end),
  fail: vi.fn(),
});
const boom = () => {
  throw new Error('boom');
};

it('parts from a listener that throws, and from no other', () => {
  const turn = new LiveTurn({ id: 'turn-1', sessionId: 'session-1' }, unlimited);
  const [failing, other] = [createListener({ send: boom }), createListener()];
  for (const listener of [failing, other]) turn.attach(listener, 0);
  turn.send(event('a'));
  turn.send(event('b'));
  expect(failing.send).toHaveBeenCalledOnce();
  expect(failing.fail).toHaveBeenCalledOnce();
  const late = createListener({ send: boom });
  turn.attach(late, 0);
  expect(late.send).toHaveBeenCalledOnce();
  expect(late.fail).toHaveBeenCalledOnce();
  const atEnd = createListener({ end: boom });
  turn.attach(atEnd, 2);
  turn.finish(event('c'));
  turn.end();
  expect(atEnd.fail).toHaveBeenCalledOnce();
  expect(other.send.mock.calls.map(([{ kind }, number]) => [kind, number])).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ]);
  expect(other.end).toHaveBeenCalledOnce();
});

it('writes an event as text once, and takes none that cannot be written', () => {
  const turn = new LiveTurn({ id: 'turn-1', sessionId: 'session-1' }, unlimited);
  const listeners = [createListener(), createListener()];
  for (const listener of listeners) turn.attach(listener, 0);
  const read = vi.fn(() => 1);
  turn.send(Object.defineProperty(event('a'), 'getter', { enumerable: true, get: read }));
  expect(read).toHaveBeenCalledOnce();
  const broken = Object.defineProperty(event('b'), 'getter', { enumerable: true, get: boom });
  expect(() => turn.send(broken)).toThrow('boom');
  turn.finish(event('c'));
  expect(() => turn.finish(broken)).toThrow('boom');
  turn.end();
  for (const { send } of listeners) expect(send.mock.calls.map(([{ kind }]) => kind)).toEqual(['a', 'c']);
  // Its log keeps it now.
  expect(turn.last).toBe(undefined);
});

it('replays no more to a listener that leaves in between', () => {
  const turn = new LiveTurn({ id: 'turn-1', sessionId: 'session-1' }, unlimited);
  for (const kind of ['a', 'b', 'c']) turn.send(event(kind));
  const leaving: ReturnType<typeof createListener> = createListener({
    send: vi.fn(() => turn.leave(leaving)),
  });
  turn.attach(leaving, 1);
  turn.end();
  expect(leaving.send).toHaveBeenCalledOnce();
  expect(leaving.end).not.toHaveBeenCalled();
});

it('keeps the newest events by their numbers, however many have been, and says what it holds', () => {
  const held = { events: 0, bytes: 0 };
  const note = (events: number, bytes: number) => {
    held.events += events;
    held.bytes += bytes;
  };
  const log = new ReplayLog({ maxEvents: 3, maxBytes: 1e9, note });
  const numbers = () => [...log.after(0)].map(([{ data }, number]) => [Number(data), number]);
  for (let number = 1; number <= 5_000; number++) {
    expect(log.append({ kind: 'a', data: `${number}` })).toBe(number);
    expect(held.events).toBe(Math.min(number, 3));
  }
  expect(numbers()).toEqual([4_998, 4_999, 5_000].map((number) => [number, number]));
  expect([log.dropped, log.newest, log.size, log.bytes, held.bytes]).toEqual([4_997, 5_000, 3, 12, 12]);
  expect([...log.after(4_999)]).toHaveLength(1);
  log.clear();
  expect([log.dropped, log.newest, held]).toEqual([5_000, 5_000, { events: 0, bytes: 0 }]);
  log.dropOldest();
  log.append({ kind: 'a', data: '5001' });
  expect(numbers()).toEqual([[5_001, 5_001]]);
});

it('keeps the same events packed, whatever is in them and whenever they are packed', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '\ud800', '\n', '"'), maxLength: 4 });
  const step = fc.oneof(
    fc.record({ kind: text, delta: text }),
    fc.constantFrom<'pack' | 'drop' | 'clear'>('pack', 'drop', 'clear'),
  );
  fc.assert(
    fc.property(fc.array(step), fc.nat(6), (steps, after) => {
      const read = (packs: boolean) => {
        const log = new ReplayLog({ ...unlimited, maxEvents: 4 });
        for (const each of [...steps, 'pack'] as const) {
          if (each === 'drop') log.dropOldest();
          else if (each === 'clear') log.clear();
          else if (each !== 'pack') log.append(toTurnEvent(each));
          else if (packs) log.pack();
        }
        const heard = [after, 0].map((from) =>
          [...log.after(from)].map(([{ kind, data }, at]) => [kind, data, at]),
        );
        return [log.newest, log.dropped, log.size, log.bytes, heard];
      };
      expect(read(true)).toEqual(read(false));
    }),
    runs(),
  );
});

it.each([
  ['packs a log of 64 KB', 65_536, false],
  ['leaves a longer one as it is: to copy it would hold up everybody else', 65_537, true],
])('%s', (_, bytes, isSame) => {
  const log = new ReplayLog(unlimited);
  const long = { kind: 'a', data: 'x'.repeat(bytes) };
  log.append(long);
  log.pack();
  const [[held] = []] = log.after(0);
  expect(held).toEqual(long);
  // What was packed is made anew.
  expect(held === long).toBe(isSame);
});
