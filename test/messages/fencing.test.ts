import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { runInAgentScope } from '../../src/domain/agent-scope.js';
import type { Message, MessageStore } from '../../src/domain/message-store.js';
import { createMessageStore } from '../../src/domain/messages/create-message-store.js';
import type { RecordStore } from '../../src/domain/record-store.js';
import { Faults } from '../../src/testing/index.js';
import { backendKinds } from '../property/backends.js';
import { FaultyRecords } from '../property/faulty-records.js';

const key = { partition: 'agent#a', sort: 'message#s' };
const overtaken = { code: 'CONFLICT', message: expect.stringContaining('A later turn has taken over') };
const notSeen = { code: 'CONFLICT', message: expect.stringContaining('Start over from a fresh read') };
const say = (content: string): Message => ({ role: 'user', content });

/** A turn with a token, as an agent of its own runs it, over a store that all agents share. */
function createTurn(store: MessageStore, fencingToken?: number) {
  const scope = { isRevoked: false, fencingToken };
  const run = <Result>(work: () => Result) => runInAgentScope(scope, work);
  return {
    scope,
    read: () => run(() => store.getAll('s')),
    count: () => run(() => store.getCount('s')),
    append: (content: string) => run(() => store.append('s', say(content))),
    clear: () => run(() => store.clear('s')),
    compact: () => run(() => store.compact('s', { keepRecent: 1 })),
  };
}

let records: InMemoryRecordStore;
let faults: Faults;
/** One that all agents of a process share, and that of another process. */
let store: MessageStore;
let other: MessageStore;

beforeEach(() => {
  records = new InMemoryRecordStore();
  faults = new Faults();
  store = createMessageStore(new FaultyRecords(records, faults), { agentId: 'a' });
  other = createMessageStore(records, { agentId: 'a' });
});

const contents = async (from = other) => (await from.getRange('s', 0, 99)).map(({ content }) => content);
const storedToken = async () => (await records.get(key))?.token;

/** The same records through the same faults, and the names of those that this writer has put and not removed. */
function noteNames() {
  const names = new Set<string>();
  const faulty = new FaultyRecords(records, faults);
  const noting: RecordStore = {
    get: (at) => faulty.get(at),
    put: (at, record, expected) => {
      names.add(at.sort);
      return faulty.put(at, record, expected);
    },
    delete: (at, expected) => {
      names.delete(at.sort);
      return faulty.delete(at, expected);
    },
  };
  return { names, noting };
}

/** What stays unanswered whatever is tried. */
function failAll(): void {
  for (let request = 0; request < 20; request++) faults.failNext();
}

describe('a turn that has lost its session', () => {
  it('appends, clears and compacts nothing, although it has read what the turn that took over has appended', async () => {
    const [a, b] = [createTurn(store, 1), createTurn(store, 2)];
    await b.read();
    await b.append('one');
    await b.append('two');
    await a.read();
    await expect(a.append('late')).rejects.toMatchObject(overtaken);
    await expect(a.clear()).rejects.toMatchObject(overtaken);
    await expect(a.compact()).rejects.toMatchObject(overtaken);
    await b.append('three');
    expect(await contents()).toEqual(['one', 'two', 'three']);
    expect(await storedToken()).toBe(2);
  });

  it('is refused its next append in the middle of the turn, which leaves no parts', async () => {
    const { names, noting } = noteNames();
    const [a, b] = [createTurn(createMessageStore(noting, { agentId: 'a' }), 1), createTurn(other, 2)];
    await a.append('one');
    await b.append('two');
    await expect(a.append('x'.repeat(5_000))).rejects.toMatchObject(overtaken);
    expect(await contents()).toEqual(['one', 'two']);
    expect([...names]).toEqual([key.sort]);
  });

  it('is refused by the token alone where that is on a head that has expired', async () => {
    let now = 1_800_000_000_000;
    const expiring = createMessageStore(records, { agentId: 'a', ttlSeconds: 60, now: () => now });
    await createTurn(expiring, 2).append('one');
    now += 2 * 86_400_000;
    const a = createTurn(expiring, 1);
    expect(await a.read()).toEqual([]);
    await expect(a.append('late')).rejects.toMatchObject(overtaken);
    await expiring.append('s', say('two'));
    expect(await storedToken()).toBe(2);
  });

  it('learns that its own append was stored, although a later turn has appended on top', async () => {
    const [a, b] = [createTurn(store, 1), createTurn(other, 2)];
    await a.read();
    faults.passNext();
    faults.repeatNext(() => b.append('two'));
    await a.append('one');
    await expect(a.append('late')).rejects.toMatchObject(overtaken);
    expect(await contents()).toEqual(['one', 'two']);
  });

  it('appends nothing once it is stopped', async () => {
    const a = createTurn(store, 1);
    await a.append('one');
    a.scope.isRevoked = true;
    await expect(a.append('late')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await contents()).toEqual(['one']);
  });
});

describe('a writer without a token', () => {
  it('keeps the one that is stored', async () => {
    await createTurn(store, 3).append('one');
    await other.append('s', say('two'));
    await other.compact('s', { keepRecent: 1 });
    await other.clear('s');
    expect(await storedToken()).toBe(3);
    const late = createTurn(store, 2);
    await expect(late.append('late')).rejects.toMatchObject(overtaken);
  });

  it('keeps none of a head that says one that is no token', async () => {
    await records.put(
      key,
      {
        revision: 'r',
        token: Number.POSITIVE_INFINITY,
        updatedAt: 0,
        entityType: '',
        data: null,
        text: 'null',
      },
      null,
    );
    await store.clear('s');
    expect(await storedToken()).toBe(undefined);
  });
});

describe('the first append of a turn', () => {
  it('is put on what the agent has read, and is not done again on anything else', async () => {
    const a = createTurn(store, 1);
    await a.read();
    await other.append('s', say('between'));
    await expect(a.append('mine')).rejects.toMatchObject(notSeen);
    expect(await contents()).toEqual(['between']);
    expect(await a.count()).toBe(1);
    await a.append('mine');
    expect(await contents()).toEqual(['between', 'mine']);
  });

  it('is refused if others come first after it was sent, and leaves no parts', async () => {
    const { names, noting } = noteNames();
    const ours = createMessageStore(noting, { agentId: 'a' });
    const a = createTurn(ours, 1);
    await ours.append('s', say('zero'));
    await a.read();
    faults.passNext();
    // The part is written first, and while the head is under way somebody else appends.
    const release = faults.delayNext();
    const appended = a.append('x'.repeat(5_000));
    await vi.waitFor(() => expect(faults.ordered).toBe(0));
    await other.append('s', say('between'));
    release();
    await expect(appended).rejects.toMatchObject(notSeen);
    expect(await contents()).toEqual(['zero', 'between']);
    expect([...names]).toEqual([key.sort]);
    await a.read();
    await a.append('mine');
    expect(await contents()).toEqual(['zero', 'between', 'mine']);
  });

  it('goes on from what the agent has appended in an earlier turn', async () => {
    const a = createTurn(store, 1);
    await a.append('one');
    await a.append('two');
    a.scope.fencingToken = undefined;
    await a.append('between turns');
    a.scope.fencingToken = 5;
    await a.append('three');
    await a.compact();
    a.scope.fencingToken = 6;
    await a.append('four');
    await a.clear();
    a.scope.fencingToken = 7;
    await a.append('five');
    expect(await contents()).toEqual(['five']);
    await other.append('s', say('between'));
    a.scope.fencingToken = 8;
    await expect(a.append('six')).rejects.toMatchObject(notSeen);
  });

  it('is refused after a turn in which others have appended something that the agent has not read', async () => {
    const a = createTurn(store, 1);
    await a.read();
    await a.append('one');
    await other.append('s', say('between'));
    await a.append('two');
    a.scope.fencingToken = 2;
    await expect(a.append('three')).rejects.toMatchObject(notSeen);
    expect(await contents()).toEqual(['one', 'between', 'two']);
    await a.read();
    await a.append('three');
  });

  it('is put on what is stored if the agent has read nothing', async () => {
    await store.append('s', say('zero'));
    await other.append('s', say('between'));
    await createTurn(store, 1).append('mine');
    expect(await contents()).toEqual(['zero', 'between', 'mine']);
  });

  it('makes a history of none, if the agent has seen that there was none', async () => {
    const [a, b] = [createTurn(store, 1), createTurn(store, 1)];
    for (const turn of [a, b]) expect(await turn.read()).toEqual([]);
    await a.append('one');
    await expect(b.append('two')).rejects.toMatchObject(notSeen);
  });

  it('takes what was read last, whichever read is answered last', async () => {
    const a = createTurn(store, 1);
    await a.read();
    const release = faults.delayNext();
    const slow = a.read();
    const quick = a.append('one');
    await quick;
    release();
    expect(await slow).toEqual([say('one')]);
    a.scope.fencingToken = 2;
    await a.append('two');
    expect(await contents()).toEqual(['one', 'two']);
  });

  it('may be followed by more, which are done again on what others append', async () => {
    const a = createTurn(store, 1);
    await a.read();
    await a.append('one');
    await other.append('s', say('between'));
    await a.append('two');
    expect(await contents()).toEqual(['one', 'between', 'two']);
  });

  it('is sent again on what was read if nobody answers, and is there once', async () => {
    const a = createTurn(store, 1);
    await a.read();
    faults.passNext();
    faults.failNext();
    await a.append('one');
    const b = createTurn(store, 2);
    await b.read();
    faults.loseNextAnswer();
    failAll();
    await expect(b.append('two')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    faults.clear();
    await b.append('two');
    await b.append('three');
    expect(await contents()).toEqual(['one', 'two', 'three']);
  });

  it('has the token of its turn, although an earlier turn has sent the same without an answer', async () => {
    const a = createTurn(store, 1);
    await a.append('zero');
    faults.loseNextAnswer();
    failAll();
    await expect(a.append('one')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    faults.clear();
    const b = createTurn(store, 2);
    await b.read();
    faults.passNext();
    failAll();
    await expect(b.append('one')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    faults.clear();
    await b.append('one');
    expect(await contents()).toEqual(['zero', 'one']);
    expect(await storedToken()).toBe(2);
  });

  it('is not taken for what an earlier turn has sent, and what arrives only now', async () => {
    const a = createTurn(store, 1);
    await a.append('zero');
    const deliver = faults.delayPastFailure();
    failAll();
    await expect(a.append('one')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    faults.clear();
    const b = createTurn(store, 2);
    await b.read();
    faults.passNext();
    const release = faults.delayNext();
    const appended = b.append('one');
    await vi.waitFor(() => expect(faults.ordered).toBe(0));
    await deliver();
    release();
    await expect(appended).rejects.toMatchObject(notSeen);
    expect(await contents()).toEqual(['zero', 'one']);
    expect(await storedToken()).toBe(1);
  });
});

describe.each(backendKinds)('on $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());

  it('a turn that wakes up late appends nothing, and the one that took over is not disturbed', async () => {
    const agentId = `fencing-${process.pid}`;
    const kept = kind.records();
    const open = () => createMessageStore(kept, { agentId });
    const [a, b] = [createTurn(open(), 1), createTurn(open(), 2)];
    await a.read();
    await b.read();
    await a.append('one');
    await expect(b.append('two')).rejects.toMatchObject(notSeen);
    await b.read();
    await b.append('two');
    await a.read();
    for (const late of [a.append('late'), a.clear(), a.compact()])
      await expect(late).rejects.toMatchObject(overtaken);
    await open().append('s', say('three'));
    await expect(a.append('late')).rejects.toMatchObject(overtaken);
    await b.append('four');
    expect(await contents(open())).toEqual(['one', 'two', 'three', 'four']);
  });
});
