import { describe, expect, it, vi } from 'vitest';
import { AgentStoreError } from '../../src/domain/errors.js';
import type { RecordKey } from '../../src/domain/key-schema.js';
import type { Expectation, NewRecord, RecordStore } from '../../src/domain/record-store.js';
import { interruptedNumber } from '../../src/domain/turn-store.js';
import { HeldLease } from '../../src/domain/turns/held-lease.js';
import {
  createTurnStore,
  InMemoryRecordStore,
  type TurnStore,
  type TurnStoreOptions,
} from '../../src/stores.js';
import { createClock } from '../../src/testing/fixtures.js';
import {
  ahead,
  assertInterrupted,
  assertInterruptedEnd,
  assertLog,
  begin,
  done,
  eager,
  heldMs,
  lostFrom,
  number,
  quiet,
  readAll,
  readSome,
  safeMs,
  say,
  stopOf,
  until,
} from '../../src/testing/turns/fixtures.js';

const session = 'session-1';
const idempotency = { key: 'key-1', hash: 'of a body' };
const again = (turn: string) => ({ turn, holder: 'a test', idempotency });

/** Records in memory, before whose requests a test can do something. */
class HookedRecords implements RecordStore {
  readonly records = new InMemoryRecordStore();
  /** Called with each request before it is sent. */
  before: (request: string) => unknown = () => undefined;

  async get(key: RecordKey) {
    await this.before(`get ${key.sort}`);
    return this.records.get(key);
  }

  async put(key: RecordKey, record: NewRecord, expected: Expectation | null) {
    await this.before(`put ${key.sort}`);
    return this.records.put(key, record, expected);
  }

  async delete(key: RecordKey, expected: Expectation | null) {
    await this.before(`delete ${key.sort}`);
    return this.records.delete(key, expected);
  }

  /** Does something before the next request of that kind, once. */
  once(start: string, work: () => unknown): void {
    this.before = (request) => {
      if (!request.startsWith(start)) return undefined;
      this.before = () => undefined;
      return work();
    };
  }

  write(sort: string, data: unknown, fields: Partial<NewRecord> = {}) {
    const text = JSON.stringify(data);
    const record = { revision: 'r', updatedAt: 0, entityType: '', text, data: JSON.parse(text), ...fields };
    return this.records.put({ partition: 'agent#support', sort }, record, null);
  }

  remove(sort: string) {
    return this.records.delete({ partition: 'agent#support', sort }, null);
  }
}

function open(records: RecordStore, options: Partial<TurnStoreOptions> = {}): TurnStore {
  return createTurnStore(records, { agentId: 'support', ...quiet, ...options });
}

describe('a turn that begins', () => {
  it('is the repeat of one that has taken the key and ended while it was on its way', async () => {
    const records = new HookedRecords();
    const store = open(records);
    records.once('get lease', async () => {
      await (await begin(open(records), 'one', idempotency)).end(done);
    });
    expect(await store.begin(session, again('two'))).toEqual({ outcome: 'repeated', turn: 'one' });
    expect(await store.runningTurn(session)).toBe(null);
    const next = await begin(store, 'three');
    expect(next.usage.turns).toBe(2);
    await next.end(done);
  });

  it('sends a repeat to the turn that the key stands for, although it holds the lease itself for a moment', async () => {
    const records = new HookedRecords();
    const store = open(records);
    // Its look at the key comes before the first turn has it, and its look at the lease when a second one has that.
    records.once('get lease', async () => {
      await (await begin(open(records), 'one', idempotency)).end(done);
      await records.write(
        `lease#${session}`,
        {
          ...{ v: 1, turn: 'two', holder: 'a test', since: Date.now(), until: Date.now() + 60_000 },
          ...{ turns: 2, tokens: 0, chunks: 0, key: idempotency.key, hash: idempotency.hash },
        },
        { token: Date.now() + 1_000 },
      );
    });
    expect(await store.begin(session, again('three'))).toEqual({ outcome: 'repeated', turn: 'one' });
  });

  it('stops at once if somebody has cancelled it before it has heard that it holds the lease', async () => {
    const records = new HookedRecords();
    const faulty: RecordStore = {
      get: (key) => records.get(key),
      delete: (key, expected) => records.delete(key, expected),
      put: async (key, record, expected) => {
        const result = await records.put(key, record, expected);
        if (record.token === undefined || isLost) return result;
        isLost = true;
        cancelled = open(records, { flushMs: 5 }).cancel(session);
        await until(async () => {
          const stored = await records.get(key);
          return Object(await stored?.read(1e6)).cancelled === true;
        });
        throw new Error('The answer was lost.');
      },
    };
    let isLost = false;
    let cancelled: Promise<boolean> | undefined;
    const turn = await begin(open(faulty), 'one');
    expect(await stopOf(turn)).toBe('cancelled');
    await turn.end(done);
    expect(await cancelled).toBe(true);
  });

  it('takes a lease that somebody has removed in between', async () => {
    const records = new HookedRecords();
    await (await begin(open(records), 'one')).end(done);
    records.once('put lease', () => records.remove(`lease#${session}`));
    const turn = await begin(open(records), 'two');
    expect(turn.usage.turns).toBe(1);
    // It loses one that is removed while it runs.
    await records.remove(`lease#${session}`);
    await turn.end(done);
    expect(await open(records).runningTurn(session)).toBe(null);
  });

  it('gives the lease and the key back if it fails', async () => {
    const records = new HookedRecords();
    records.once('put request', () => {
      throw new AgentStoreError('CONFIGURATION', 'Denied.');
    });
    await expect(open(records).begin(session, again('one'))).rejects.toMatchObject({ code: 'CONFIGURATION' });
    await (await begin(open(records), 'two', idempotency)).end(done);
  });

  it('claims a key that has expired in between, and an owner that was removed in between', async () => {
    const records = new HookedRecords();
    const hash = 'vil0VGl443OebW2oXEvp8w';
    const sort = `request#${session}#${hash}`;
    let isThere = false;
    const fickle: RecordStore = {
      get: (key) => records.get(key),
      delete: (key, expected) => records.delete(key, expected),
      put: async (key, record, expected) => {
        const isFirst = !isThere && (key.sort === sort || key.sort.startsWith('owner#'));
        if (!isFirst) return records.put(key, record, expected);
        isThere = true;
        return { written: false };
      },
    };
    await (await begin(open(fickle), 'one', idempotency)).end(done);
    isThere = false;
    expect(await open(fickle).claim(session, 'ann')).toBe(true);
    isThere = false;
  });

  it('is not held up by a log of the turn before that cannot be read, but by a backend that does not answer', async () => {
    const { now, advance } = createClock();
    const records = new HookedRecords();
    const vanished = await begin(open(records, { now }), 'one');
    await records.write(`event#${session}#one-0`, 'no log');
    advance(heldMs);
    records.once('get event', () => {
      throw new Error('The network is down.');
    });
    await expect(open(records, { now }).begin(session, again('two'))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    await (await begin(open(records, { now }), 'three')).end(done);
    await vanished.abandon();
  });
});

describe('a turn that runs', () => {
  it('is stopped as soon as it asks, if its process was suspended for too long', async () => {
    const { now, advance } = createClock();
    const turn = await begin(open(new InMemoryRecordStore(), { now }), 'one');
    advance(safeMs);
    expect(await stopOf(turn)).toBe('lost');
    await turn.abandon();
  });

  it('writes no more of its log when it has lost its lease', async () => {
    const { now, advance } = createClock();
    const records = new InMemoryRecordStore();
    const turn = await begin(open(records, { now, flushBytes: 1 }), 'one');
    const stopped = stopOf(turn);
    advance(safeMs);
    turn.log(say('one'));
    expect(await stopped).toBe('lost');
    expect(await open(records, { now }).runningTurn(session)).toBe('one');
    assertInterruptedEnd(await turn.end(done));
    await assertInterrupted(open(records, { now }), 'one', []);
  });

  it('is lost by time if no timer is late', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const records = new HookedRecords();
      const turn = await begin(open(records), 'one');
      const reasons: string[] = [];
      turn.onStop((reason) => reasons.push(reason));
      records.before = () => {
        throw new Error('The network is down.');
      };
      await vi.advanceTimersByTimeAsync(safeMs - 1_000);
      expect(reasons).toEqual([]);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(reasons).toEqual(['lost']);
      const ended = turn.end(done);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await ended).toMatchObject({ number: interruptedNumber });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not told of anything once it has ended', async () => {
    const leases = vi.spyOn(HeldLease.prototype, 'onStop');
    const turn = await begin(open(new InMemoryRecordStore()), 'one');
    const reasons: string[] = [];
    turn.onStop((reason) => reasons.push(reason));
    await turn.end(done);
    const [lease] = leases.mock.contexts;
    leases.mockRestore();
    if (lease instanceof HeldLease) lease.lose();
    expect(reasons).toEqual([]);
  });

  it('keeps its lease on a backend that gives one token twice only if the turn is its own', async () => {
    const records = new HookedRecords();
    const turn = await begin(open(records, eager), 'one');
    const stopped = stopOf(turn);
    const key = { partition: 'agent#support', sort: `lease#${session}` };
    const stored = await records.get(key);
    await records.write(
      key.sort,
      { ...Object(await stored?.read(1e6)), turn: 'other' },
      {
        token: turn.fencingToken,
      },
    );
    expect(await stopped).toBe('lost');
    await turn.end(done);
    expect(await open(records).runningTurn(session)).toBe('other');
  });
});

describe('a log', () => {
  it('is written in smaller pieces if a record holds less, and says what none can hold', async () => {
    const inMemory = new InMemoryRecordStore();
    const small: RecordStore = {
      get: (key) => inMemory.get(key),
      delete: (key, expected) => inMemory.delete(key, expected),
      put: (key, record, expected) => {
        if (record.text.length > 400) throw new AgentStoreError('TOO_LARGE', 'It is too large.');
        return inMemory.put(key, record, expected);
      },
    };
    const turn = await begin(open(small), 'one');
    const events = Array.from({ length: 30 }, (_, index) => say(`${index}`.padEnd(40, '.')));
    const large = say('x'.repeat(1_000));
    for (const event of [...events, large, ...events]) turn.log(event);
    await turn.end(done);
    expect(await readAll(open(small), 'one')).toEqual([
      ...number(events),
      { lost: { from: 31, to: 31 } },
      ...number([...events, done], 32),
    ]);
  });

  it('fails at once if the backend refuses even to say that something was there', async () => {
    const inMemory = new InMemoryRecordStore();
    const refusing: RecordStore = {
      get: (key) => inMemory.get(key),
      delete: (key, expected) => inMemory.delete(key, expected),
      put: (key, record, expected) => {
        if (key.sort.startsWith('event#')) throw new AgentStoreError('TOO_LARGE', 'It is too large.');
        return inMemory.put(key, record, expected);
      },
    };
    const turn = await begin(open(refusing), 'one');
    await expect(turn.end(done)).rejects.toMatchObject({ code: 'TOO_LARGE', operation: 'end' });
    // Its lease was not given back: it ends by itself, and whoever finds that ends the log.
    expect(await open(refusing).runningTurn(session)).toBe('one');
    await assertInterrupted(open(inMemory, { now: ahead(Date.now, heldMs) }), 'one', []);
  });

  it('is written where a record was removed in between', async () => {
    const inMemory = new InMemoryRecordStore();
    let isFirst = true;
    const fickle: RecordStore = {
      get: (key) => inMemory.get(key),
      delete: (key, expected) => inMemory.delete(key, expected),
      put: async (key, record, expected) => {
        if (!key.sort.startsWith('event#') || !isFirst) return inMemory.put(key, record, expected);
        isFirst = false;
        return { written: false };
      },
    };
    const turn = await begin(open(fickle), 'one');
    await turn.end(done);
    await assertLog(open(inMemory), 'one', [done]);
  });

  it('of a large turn is flushed in records of a usual size', async () => {
    const sizes: number[] = [];
    const records = new HookedRecords();
    const inMemory: RecordStore = {
      get: (key) => records.get(key),
      delete: (key, expected) => records.delete(key, expected),
      put: (key, record, expected) => {
        if (key.sort.startsWith('event#')) sizes.push(record.text.length);
        return records.put(key, record, expected);
      },
    };
    const turn = await begin(open(inMemory), 'one');
    const events = Array.from({ length: 100 }, (_, index) => say(`${index}`.padEnd(20_000, '.')));
    for (const event of events) turn.log(event);
    await turn.end(done);
    expect(Math.max(...sizes)).toBeLessThan(300_000);
    expect(sizes.length).toBeLessThan(12);
    await assertLog(open(inMemory), 'one', [...events, done]);
  });

  it('goes on although what is no longer held cannot be marked', async () => {
    const records = new HookedRecords();
    const turn = await begin(open(records, { flushBytes: 1, maxLogEvents: 1 }), 'one');
    turn.log(say('one'));
    await readSome(open(records, eager), 'one', 1);
    let puts = 0;
    records.before = (request) => {
      if (request.startsWith('put event') && ++puts > 1) throw new Error('The network is down.');
    };
    expect(await turn.end(done)).toEqual({ ...done, number: 2 });
    await assertLog(open(records.records), 'one', [say('one'), done]);
  });

  it('is found by somebody who comes when its end is written and its lease is not looked at yet', async () => {
    const { now, advance } = createClock();
    const records = new HookedRecords();
    const turn = await begin(open(records, { now }), 'one');
    const reader = open(records, { now });
    records.once('get lease', () => turn.end(done));
    await assertLog(reader, 'one', [done]);
    advance(1);
  });

  it('is not ended as interrupted if its last part may have expired', async () => {
    const { now, advance } = createClock();
    const records = new InMemoryRecordStore();
    const options = { now, flushBytes: 1, logSeconds: 60 };
    const vanished = await begin(open(records, options), 'one');
    vanished.log(say('one'));
    await readSome(open(records, { ...eager, now }), 'one', 1);
    advance(heldMs);
    expect(await readAll(open(records, options), 'one')).toEqual([lostFrom(1)]);
    expect(await readAll(open(records, options), 'one', 1)).toEqual([lostFrom(2)]);
    expect(await readAll(open(records, options), 'one', interruptedNumber)).toEqual([]);
    await vanished.abandon();
  });

  it('is ended as interrupted if it is older than logs are kept, but its last part is there', async () => {
    const { now, advance } = createClock();
    const records = new HookedRecords();
    const turn = await begin(open(records, { ...eager, now, flushBytes: 1, logSeconds: 700 }), 'one');
    const reader = open(records.records, { ...eager, now, logSeconds: 700 });
    const key = { partition: 'agent#support', sort: `lease#${session}` };
    for (const [index, text] of ['one', 'two'].entries()) {
      advance(index * 300_000);
      turn.log(say(text));
      await readSome(reader, 'one', 1, index);
      // Until the lease tells of it.
      await until(async () => Object(await (await records.get(key))?.read(1e6)).chunks === index + 1);
    }
    records.before = () => {
      throw new Error('The process has vanished.');
    };
    advance(heldMs + 1_000);
    const [gap, event, end] = await readAll(reader, 'one');
    expect([gap, event]).toEqual([{ lost: { from: 1, to: 1 } }, { ...say('two'), number: 2 }]);
    assertInterruptedEnd(end);
    await turn.abandon();
  });

  it.each([
    ['is free', false],
    ['is another one’s by then', true],
  ])(
    'has nothing to hear if its turn was given up between two looks, and the lease %s',
    async (_, isTaken) => {
      const records = new HookedRecords();
      const turn = await begin(open(records), 'one', idempotency);
      turn.log(say('never'));
      let looks = 0;
      records.before = async (request) => {
        if (!request.startsWith('get event#') || ++looks < 3) return;
        records.before = () => undefined;
        await turn.abandon();
        if (isTaken) await begin(open(records), 'two', idempotency);
      };
      expect(await readAll(open(records, { flushMs: 1 }), 'one')).toEqual([lostFrom(1)]);
      expect(looks).toBe(3);
    },
  );

  it.each([
    ['is free', false],
    ['is another one’s by then', true],
  ])(
    'has nothing to hear if its turn was given up when a repeat had found its key, and the lease %s',
    async (_, isTaken) => {
      const records = new HookedRecords();
      const store = open(records);
      const turn = await begin(open(records), 'one', idempotency);
      records.once('get lease', async () => {
        await turn.abandon();
        if (isTaken) await begin(open(records), 'two', idempotency);
      });
      expect(await store.begin(session, again('three'))).toEqual({ outcome: 'repeated', turn: 'one' });
      expect(await readAll(store, 'one')).toEqual([lostFrom(1)]);
    },
  );

  it('is ended as interrupted for somebody who has seen its turn run, although that was silent for longer than logs are kept', async () => {
    const records = new HookedRecords();
    let now = Date.now();
    const options = { now: () => now, logSeconds: 60 };
    await begin(open(records, options), 'one');
    now += 100_000;
    let looks = 0;
    records.before = async (request) => {
      if (!request.startsWith('get event#') || ++looks < 3) return;
      records.before = () => undefined;
      now += heldMs;
      await begin(open(records, options), 'two');
    };
    await assertInterrupted(open(records, { ...options, flushMs: 1 }), 'one', []);
  });

  it('is lost, and not interrupted, for somebody who has seen its turn run and then took long over an event', async () => {
    const records = new HookedRecords();
    let now = Date.now();
    const options = { now: () => now, logSeconds: 60, flushBytes: 1 };
    const turn = await begin(open(records, options), 'one');
    let looks = 0;
    records.before = (request) => {
      if (request.startsWith('get event#') && ++looks === 3) turn.log(say('a'));
    };
    const items = open(records, { ...options, flushMs: 1 }).read(session, 'one', 0);
    expect((await items.next()).value).toEqual({ ...say('a'), number: 1 });
    await turn.end(done);
    now += 100_000;
    await begin(open(records, options), 'two');
    expect((await items.next()).value).toEqual(lostFrom(2));
  });

  it('is heard by somebody who gives up before the first look', async () => {
    const records = new HookedRecords();
    const turn = await begin(open(records), 'one');
    const controller = new AbortController();
    records.once('get lease', () => controller.abort());
    expect(await readAll(open(records), 'one', 0, controller.signal)).toEqual([]);
    await turn.end(done);
  });
});

describe('what is stored', () => {
  const lease = {
    ...{ v: 1, turn: 'one', holder: 'a test', since: 1, until: 2, turns: 1, tokens: 0, chunks: 0 },
  };

  it.each([
    ['runningTurn', 'lease#session-1', lease, {}],
    ['runningTurn', 'lease#session-1', { ...lease, v: 2 }, { token: 5 }],
    ['runningTurn', 'lease#session-1', 'text', { token: 5 }],
    ['runningTurn', 'lease#session-1', { ...lease, turn: 5 }, { token: 5 }],
    ['runningTurn', 'lease#session-1', { ...lease, until: -1 }, { token: 5 }],
    ['runningTurn', 'lease#session-1', { ...lease, tokens: 1.5 }, { token: 5 }],
    ['runningTurn', 'lease#session-1', { ...lease, key: 'key-1' }, { token: 5 }],
    ['owner', 'owner#session-1', { v: 2, owner: 'ann' }, {}],
    ['owner', 'owner#session-1', { v: 1 }, {}],
    ['read', 'event#session-1#one-0', { v: 2, first: 1, events: [] }, {}],
    ['read', 'event#session-1#one-0', { v: 1, events: [] }, {}],
    ['read', 'event#session-1#one-0', { v: 1, first: 1 }, {}],
    ['read', 'event#session-1#one-0', { v: 1, first: 1, events: {} }, {}],
    ['read', 'event#session-1#one-0', { v: 1, first: 1, events: [5] }, {}],
    ['read', 'event#session-1#one-0', { v: 1, first: 1, events: [['kind']] }, {}],
    ['read', 'event#session-1#one-0', { v: 1, first: 1, lost: 'all' }, {}],
    ['read', 'event#session-1#one-0', null, { parts: '{"current":[["gone",1,"x"]],"replaced":[]}' }],
    ['read', 'event#session-1#one-0', null, { parts: 'none' }],
    ['begin', 'request#session-1#vil0VGl443OebW2oXEvp8w', { v: 2, turn: 'one', hash: 'x' }, {}],
    ['begin', 'request#session-1#vil0VGl443OebW2oXEvp8w', { v: 1, turn: 'one' }, {}],
  ])('is CORRUPTED for %s if it is not of its form: %s %j %j', async (operation, sort, data, fields) => {
    const records = new HookedRecords();
    await records.write(sort, data, fields);
    const store = open(records);
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      runningTurn: () => store.runningTurn(session),
      owner: () => store.owner(session),
      read: () => store.read(session, 'one', 0).next(),
      begin: () => store.begin(session, again('two')),
    };
    await expect(calls[operation]?.()).rejects.toMatchObject({
      code: 'CORRUPTED',
      operation,
      message: expect.stringContaining(sort),
    });
  });

  it('is a part too large to be read if it is larger than any that is written', async () => {
    const records = new HookedRecords();
    await records.write(`event#${session}#one-0`, null, {
      parts: JSON.stringify({ current: [['large', 1e9, 'x']], replaced: [] }),
    });
    await expect(open(records).read(session, 'one', 0).next()).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});

describe('a backend', () => {
  it('that cannot list its records is refused a list', async () => {
    const records = new HookedRecords();
    await expect(open(records).listRunningTurns()).rejects.toMatchObject({
      code: 'CONFIGURATION',
      operation: 'listRunningTurns',
      message: expect.stringContaining('"keys"'),
    });
  });

  it('that fails to close says so', async () => {
    const inMemory = new InMemoryRecordStore();
    const cause = new Error('Not now.');
    const records: RecordStore = {
      get: (key) => inMemory.get(key),
      put: (key, record, expected) => inMemory.put(key, record, expected),
      delete: (key, expected) => inMemory.delete(key, expected),
      close: () => Promise.reject(cause),
    };
    await expect(open(records).close()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      operation: 'close',
      cause,
    });
  });

  it('whose answer names no record is asked for it', async () => {
    const inMemory = new InMemoryRecordStore();
    const silent: RecordStore = {
      get: (key) => inMemory.get(key),
      delete: (key, expected) => inMemory.delete(key, expected),
      put: async (key, record, expected) => ({
        written: (await inMemory.put(key, record, expected)).written,
      }),
    };
    const turn = await begin(open(silent), 'one');
    const starts = [open(silent).begin(session, again('two')), open(silent).begin(session, again('three'))];
    for (const start of await Promise.all(starts)) expect(start).toEqual({ outcome: 'busy', turn: 'one' });
    await turn.end(done);
  });
});
