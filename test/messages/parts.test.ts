import { describe, expect, it, vi } from 'vitest';
import type { RecordKey } from '../../src/domain/key-schema.js';
import type { Message } from '../../src/domain/message-store.js';
import type { MessageStoreOptions } from '../../src/domain/messages/message-store-options.js';
import type { Expectation, NewRecord } from '../../src/domain/record-store.js';
import { createMessageStore, InMemoryRecordStore } from '../../src/stores.js';

const key = { partition: 'agent#a', sort: 'message#s' };

/** Counts what is sent, and does something before a request of a certain name. */
class WatchedRecords extends InMemoryRecordStore {
  readonly sent: string[] = [];
  readonly names = new Set<string>();
  before: ((name: string) => Promise<unknown>) | undefined;

  override async get(at: RecordKey) {
    await this.#note(`get ${at.sort}`);
    return super.get(at);
  }

  override async put(at: RecordKey, record: NewRecord, expected: Expectation | null) {
    await this.#note(`put ${at.sort}`);
    this.names.add(at.sort);
    return super.put(at, record, expected);
  }

  override async delete(at: RecordKey, expected: Expectation | null) {
    await this.#note(`delete ${at.sort}`);
    this.names.delete(at.sort);
    return super.delete(at, expected);
  }

  async #note(name: string) {
    this.sent.push(name);
    await this.before?.(name);
  }
}

function open(records: WatchedRecords, options: Partial<MessageStoreOptions> = {}) {
  return createMessageStore(records, { agentId: 'a', ...options });
}

function say(number: number, size = 2_500): Message {
  return { role: 'user', content: `${number} `.padEnd(size, 'x') };
}

async function fill(records: WatchedRecords, count: number, options: Partial<MessageStoreOptions> = {}) {
  const store = open(records, options);
  const messages = Array.from({ length: count }, (_, index) => say(index));
  for (const message of messages) await store.append('s', message);
  records.sent.length = 0;
  return { store, messages };
}

describe('a part whose messages expire at several times', () => {
  it.each([0, 1])('is what has not expired of it, when number %i of each two expires', async (expiring) => {
    const records = new WatchedRecords();
    let time = 1_800_000_000_000;
    const now = () => time;
    const forGood = open(records, { now });
    const brief = open(records, { now, ttlSeconds: 60 });
    const isBrief = (index: number) => index % 2 === expiring;
    const messages = Array.from({ length: 100 }, (_, index) => say(index));
    for (const [index, message] of messages.entries())
      await (isBrief(index) ? brief : forGood).append('s', message);
    expect(records.names.size).toBeGreaterThan(8);
    time += 60_000;
    const kept = messages.filter((_, index) => !isBrief(index));
    for (const reader of [forGood, brief]) {
      expect(await reader.getCount('s')).toBe(50);
      expect(await reader.getAll('s')).toEqual(kept);
      expect(await reader.getRange('s', 10, 20)).toEqual(kept.slice(10, 20));
    }
  });
});

describe('the requests of a history', () => {
  it('are as many for an append to a long history as to a short one, and none of them reads', async () => {
    const records = new WatchedRecords();
    const { store } = await fill(records, 400);
    const counts: number[] = [];
    for (let append = 0; append < 64; append++) {
      records.sent.length = 0;
      await store.append('s', say(append));
      expect(records.sent.filter((name) => !name.startsWith('put '))).toEqual([]);
      counts.push(records.sent.length);
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
    expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeLessThan(2.2);
  });

  it('are one for the first append of a process that has read the history', async () => {
    const records = new WatchedRecords();
    await fill(records, 3);
    const store = open(records);
    await store.getRecent('s', { maxMessages: 1 });
    records.sent.length = 0;
    await store.append('s', say(1, 10));
    expect(records.sent.filter((name) => name.startsWith('get'))).toEqual([]);
  });

  it('open the last 50 of a long history in two round trips', async () => {
    const records = new WatchedRecords();
    const { messages } = await fill(records, 400);
    let underWay: (() => void)[] = [];
    let roundTrips = 0;
    records.before = () => new Promise<void>((resolve) => underWay.push(resolve));
    let read: Message[] | undefined;
    const reading = open(records)
      .getRecent('s', { maxMessages: 50 })
      .then((found) => {
        read = found;
      });
    while (read === undefined) {
      await vi.waitFor(() => expect(underWay.length > 0 || read !== undefined).toBe(true));
      if (underWay.length > 0) roundTrips++;
      for (const go of underWay.splice(0)) go();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await reading;
    underWay = [];
    expect(read).toEqual(messages.slice(-50));
    expect(roundTrips).toBe(2);
  });

  it('are one for a count', async () => {
    const records = new WatchedRecords();
    const { store } = await fill(records, 100);
    expect(await store.getCount('s')).toBe(100);
    expect(records.sent).toEqual(['get message#s']);
  });

  it('leave nothing of a history that is cleared, however long it was', async () => {
    const records = new WatchedRecords();
    const { store } = await fill(records, 400);
    await store.clear('s');
    expect([...records.names]).toEqual(['message#s']);
  });

  it('remove what a clear could not remove before the next write', async () => {
    const records = new WatchedRecords();
    const { store } = await fill(records, 100);
    records.before = async (name) => {
      if (/^(delete|get part#)/.test(name)) throw new Error('The process was killed.');
    };
    await store.clear('s');
    await store.append('s', say(1));
    expect(records.names.size).toBeGreaterThan(20);
    records.before = undefined;
    await open(records).append('s', say(2));
    expect(records.names.size).toBeLessThan(4);
    expect(await store.getAll('s')).toEqual([say(1), say(2)]);
  });
});

describe('a part that is missing', () => {
  it('makes a reader start over if the history has been replaced meanwhile', async () => {
    const records = new WatchedRecords();
    const { store } = await fill(records, 60);
    let clears = 0;
    records.before = async (name) => {
      if (!name.startsWith('get part#') || clears > 0) return;
      clears++;
      await store.clear('s');
      await store.append('s', say(7));
    };
    expect(await open(records).getAll('s')).toEqual([say(7)]);
    records.before = async (name) => {
      if (!name.startsWith('get part#') || clears > 40) return;
      clears++;
      await store.clear('s');
      await store.append('s', [say(1), say(2)]);
    };
    await fill(records, 0);
    await store.append('s', [say(1), say(2)]);
    await expect(open(records).getAll('s')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('is nothing to a reader who sees that its messages have expired meanwhile', async () => {
    const records = new WatchedRecords();
    let time = 1_800_000_000_000;
    const now = () => time;
    await fill(records, 4, { now, ttlSeconds: 10 });
    records.before = async (name) => {
      if (!name.startsWith('get part#')) return;
      records.before = undefined;
      time += 10_000;
      for (const sort of [...records.names].filter((each) => each.startsWith('part#')))
        await records.delete({ ...key, sort }, null);
    };
    expect(await open(records, { now }).getAll('s')).toEqual([]);
  });

  it.each([
    ['missing', (records: WatchedRecords, at: RecordKey) => records.delete(at, null)],
    [
      'another one',
      (records: WatchedRecords, at: RecordKey) =>
        records.put(at, { revision: 'x', updatedAt: 0, entityType: '', data: {}, text: '' }, null),
    ],
    [
      'of another form',
      (records: WatchedRecords, at: RecordKey, revision: string) =>
        records.put(at, { revision, updatedAt: 0, entityType: '', data: {}, text: '' }, null),
    ],
    [
      'shorter than it should be',
      (records: WatchedRecords, at: RecordKey, revision: string) =>
        records.put(at, { revision, updatedAt: 0, entityType: '', data: { entries: [] }, text: '' }, null),
    ],
  ])('hides itself alone when it is %s', async (_, spoil) => {
    const records = new WatchedRecords();
    const { messages } = await fill(records, 60);
    const names = [...records.names].filter((each) => each.startsWith('part#'));
    const sort = names[3] ?? '';
    await spoil(records, { ...key, sort }, sort.slice(sort.lastIndexOf('#') + 1, -2));
    const error: unknown = await open(records)
      .getAll('s')
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'CORRUPTED', message: expect.stringContaining(sort) });
    expect(await open(records).getRecent('s', { maxMessages: 20 })).toEqual(messages.slice(-20));
    const told: unknown[] = [];
    const read = await open(records, { onCorrupted: (each) => told.push(each.code) }).getAll('s');
    expect(told).toEqual(['CORRUPTED']);
    expect(messages).toEqual(expect.arrayContaining(read));
    expect(read.length).toBeGreaterThan(50);
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    expect(await open(records, { onCorrupted: 'skip' }).getAll('s')).toEqual(read);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'CORRUPTED' }));
    warn.mockRestore();
    await open(records).append('s', say(99));
    expect((await open(records).getRecent('s', { maxMessages: 1 }))[0]).toEqual(say(99));
  });

  it('is told of once, also beside others', async () => {
    const records = new WatchedRecords();
    await fill(records, 60);
    const names = [...records.names].filter((each) => each.startsWith('part#')).slice(3, 5);
    for (const sort of names) await records.delete({ ...key, sort }, null);
    const told: unknown[] = [];
    const read = await open(records, { onCorrupted: (each) => told.push(each.code) }).getAll('s');
    expect(read).toHaveLength(56);
    expect(told).toEqual(['CORRUPTED', 'CORRUPTED']);
    records.before = async (name) => {
      if (name.startsWith('get part#')) throw new Error('The network is down.');
    };
    await expect(open(records).getAll('s')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('hides all that it leads to, and no more, when it is an index', async () => {
    const records = new WatchedRecords();
    const { store, messages } = await fill(records, 100);
    const indexes = await Promise.all(
      [...records.names].map(async (sort) => {
        const data = await (await records.get({ ...key, sort }))?.read(1e6);
        return JSON.stringify(data ?? {}).startsWith('{"v":1,"refs":') ? [sort] : [];
      }),
    );
    const [sort = ''] = indexes.flat();
    await records.delete({ ...key, sort }, null);
    const read = await open(records, { onCorrupted: () => undefined }).getAll('s');
    expect(read).toHaveLength(84);
    expect(read.slice(-60)).toEqual(messages.slice(-60));
    await store.clear('s');
    expect(await store.getAll('s')).toEqual([]);
  });
});
