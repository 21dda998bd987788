import { describe, expect, it } from 'vitest';
import { runInAgentScope } from '../../src/domain/agent-scope.js';
import { AgentStoreError } from '../../src/domain/errors.js';
import type { RecordKey } from '../../src/domain/key-schema.js';
import type { Message } from '../../src/domain/message-store.js';
import type { MessageStoreOptions } from '../../src/domain/messages/message-store-options.js';
import type { NewRecord, RecordStore } from '../../src/domain/record-store.js';
import type { Serializer } from '../../src/domain/state-serializer.js';
import { createMessageStore, defaultSerializer, InMemoryRecordStore, toStateText } from '../../src/stores.js';
import { Faults } from '../../src/testing/index.js';
import { FaultyRecords } from '../property/faulty-records.js';

const say = (content: string): Message => ({ role: 'user', content });
const key = { partition: 'agent#a', sort: 'message#s' };

function open(records: RecordStore, options: Partial<MessageStoreOptions> = {}) {
  return createMessageStore(records, { agentId: 'a', ...options });
}

describe('a write whose outcome is not known', () => {
  it('is forgotten if something else is appended first, and nothing of it was stored', async () => {
    const faults = new Faults();
    const store = open(new FaultyRecords(new InMemoryRecordStore(), faults));
    for (let request = 0; request < 20; request++) faults.failNext();
    await expect(store.append('s', say('one'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    faults.clear();
    faults.passNext();
    for (let request = 0; request < 20; request++) faults.failNext();
    await expect(store.append('s', say('one'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    faults.clear();
    await store.append('s', say('two'));
    await store.append('s', say('one'));
    expect(await store.getAll('s')).toEqual([say('two'), say('one')]);
  });

  it('is sent again for a while, and for ten minutes at most', async () => {
    const faults = new Faults();
    let time = 1_800_000_000_000;
    const store = open(new FaultyRecords(new InMemoryRecordStore(), faults), { now: () => time });
    await store.append('s', say('one'));
    for (const isLate of [false, true]) {
      // Each time the request fails, and a look at what is stored shows that nothing has changed.
      for (let repeat = 0; repeat < 5; repeat++) {
        faults.failNext();
        faults.passNext();
      }
      const appended = store.append('s', say('two'));
      if (isLate) time += 600_000;
      await expect(appended).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      faults.clear();
    }
    await store.append('s', say('two'));
    expect(await store.getAll('s')).toEqual([say('one'), say('two')]);
  });

  it('is given up if others come first for ten minutes', async () => {
    let time = 1_800_000_000_000;
    const records = new InMemoryRecordStore();
    const faults = new Faults();
    const store = open(new FaultyRecords(records, faults), { now: () => time });
    await store.append('s', say('one'));
    await open(records).append('s', say('two'));
    faults.repeatNext(async () => {
      time += 600_000;
    });
    await expect(store.append('s', say('three'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('is a failure at once if the backend says that nothing was written, and leaves no parts', async () => {
    const names = new Set<string>();
    const records = new InMemoryRecordStore();
    const refusing: RecordStore = {
      get: (at) => records.get(at),
      put: async (at, record, expected) => {
        if (at.sort === key.sort && names.size > 0) throw new AgentStoreError('CONFIGURATION', 'Denied.');
        if (at.sort !== key.sort) names.add(at.sort);
        return records.put(at, record, expected);
      },
      delete: (at, expected) => {
        names.delete(at.sort);
        return records.delete(at, expected);
      },
    };
    const store = open(refusing);
    await store.append('s', say('one'));
    await expect(store.append('s', say('x'.repeat(5_000)))).rejects.toMatchObject({ code: 'CONFIGURATION' });
    expect([...names]).toEqual([]);
  });

  it('leaves no parts if a part of it cannot be written', async () => {
    const faults = new Faults();
    const records = new InMemoryRecordStore();
    const store = open(new FaultyRecords(records, faults));
    await store.append('s', say('one'));
    faults.failNext();
    await expect(store.append('s', say('x'.repeat(5_000)))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await store.getAll('s')).toEqual([say('one')]);
  });
});

describe('an append of unknown outcome', () => {
  it('is still known for what it was after a compaction by the same store', async () => {
    const faults = new Faults();
    const records = new InMemoryRecordStore();
    const store = open(new FaultyRecords(records, faults));
    await store.append('s', say('one'));
    faults.loseNextAnswer();
    for (let request = 0; request < 20; request++) faults.failNext();
    await expect(store.append('s', say('two'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    faults.clear();
    await store.compact('s', { keepRecent: 1 });
    await store.append('s', say('two'));
    expect(await store.getAll('s')).toEqual([say('two')]);
  });
});

describe('what a backend says', () => {
  const changed = (change: Partial<RecordStore>) => {
    const records = new InMemoryRecordStore();
    const made: RecordStore = {
      get: (at) => records.get(at),
      put: (at, record, expected) => records.put(at, record, expected),
      delete: (at, expected) => records.delete(at, expected),
    };
    return { records, made: Object.assign(made, change) };
  };

  it('may be no more than that a write was refused', async () => {
    const { records, made } = changed({
      put: async (at, record, expected) => ({ written: (await records.put(at, record, expected)).written }),
    });
    const [ours, theirs] = [open(made), open(made)];
    for (const text of ['one', 'two', 'three']) {
      await ours.append('s', say(text));
      await theirs.append('s', say(text));
    }
    expect(await ours.getCount('s')).toBe(6);
  });

  it('may be that a part cannot be read', async () => {
    const { records, made } = changed({
      get: async (at) => {
        if (at.sort.startsWith('part#')) throw new AgentStoreError('CORRUPTED', 'It is a list.');
        return records.get(at);
      },
    });
    await open(made).append('s', say('x'.repeat(5_000)));
    await expect(open(made).getAll('s')).rejects.toMatchObject({
      code: 'CORRUPTED',
      message: expect.stringContaining('part#'),
    });
  });

  it('may be that it cannot be closed', async () => {
    const { made } = changed({ close: () => Promise.reject(new Error('Still open.')) });
    await expect(open(made).close()).rejects.toMatchObject({ code: 'UNAVAILABLE', operation: 'close' });
  });
});

describe('two processes of which one was copied from the other', () => {
  it('keep their own appends, although they go by one name', async () => {
    const records = new InMemoryRecordStore();
    const faults = new Faults();
    const store = open(new FaultyRecords(records, faults));
    await store.append('s', say('one'));
    // What a copy writes under the same name, behind the back of this one.
    const stored = await records.get(key);
    const head = Object(await stored?.read(1e6));
    head.writers = head.writers.map(([writer]: [string]) => [writer, 'the-copy-has']);
    const copy: NewRecord = { revision: 'the-copy-has', updatedAt: 0, entityType: '', data: head, text: '' };
    await records.put(key, copy, null);
    faults.repeatNext();
    await store.append('s', say('two'));
    await store.append('s', say('two'));
    expect(await store.getAll('s')).toEqual([say('one'), say('two'), say('two')]);
    const { writers } = Object(await (await records.get(key))?.read(1e6));
    expect(writers).toHaveLength(2);
  });
});

describe('an agent that has been stopped', () => {
  it('adds nothing any more', async () => {
    const store = open(new InMemoryRecordStore());
    const append = runInAgentScope({ isRevoked: true }, () => store.append('s', say('one')));
    await expect(append).rejects.toMatchObject({ code: 'CONFLICT', operation: 'append' });
    expect(await store.getAll('s')).toEqual([]);
  });
});

describe('what a store remembers', () => {
  it('is of a thousand sessions at most, and any other is as good as one it knows', async () => {
    const store = open(new InMemoryRecordStore());
    const sessions = Array.from({ length: 1_002 }, (_, index) => `s${index}`);
    for (const session of sessions) await store.append(session, say('one'));
    await store.append('s0', say('two'));
    expect(await store.getAll('s0')).toEqual([say('one'), say('two')]);
  });
});

describe('a serializer', () => {
  const random: Serializer = {
    serialize: async (value, ids) => {
      const text = String(toStateText(await defaultSerializer.serialize(value, ids)));
      return Buffer.from(`${Math.random()}\n${text}`);
    },
    deserialize: (data) => {
      const [, text = ''] = Buffer.from(data instanceof Uint8Array ? data : [])
        .toString()
        .split('\n');
      return JSON.parse(text).json;
    },
  };

  it('of the user keeps the messages, and a retry is still the same append', async () => {
    const faults = new Faults();
    const store = open(new FaultyRecords(new InMemoryRecordStore(), faults), { serializer: random });
    await store.append('s', say('one'));
    faults.loseNextAnswer();
    for (let request = 0; request < 20; request++) faults.failNext();
    await expect(store.append('s', say('two'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    faults.clear();
    await store.append('s', say('two'));
    expect(await store.getAll('s')).toEqual([say('one'), say('two')]);
  });

  it('that takes its own copy may keep what no copy would', async () => {
    class Note {
      constructor(readonly text: string) {}
    }
    const serializer: Serializer = {
      copiesState: true,
      serialize: (value) => JSON.parse(JSON.stringify(value)),
      deserialize: (data) => ({
        messages: Object(data).messages.map((each: object) => ({ ...each, note: new Note('x') })),
      }),
    };
    const store = open(new InMemoryRecordStore(), { serializer });
    const message = { ...say('one'), note: new Note('x') };
    await store.append('s', message);
    expect(await store.getAll('s')).toEqual([message]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('No key.');
      },
    ],
    ['rejects', () => Promise.reject(new Error('No key.'))],
  ])('that %s makes it UNSERIALIZABLE', async (_, serialize) => {
    for (const copiesState of [true, false]) {
      const serializer = { copiesState, serialize, deserialize: () => null };
      const store = open(new InMemoryRecordStore(), { serializer });
      await expect(store.append('s', say('one'))).rejects.toMatchObject({ code: 'UNSERIALIZABLE' });
    }
  });

  it('that cannot read makes it CORRUPTED, or leaves out what it cannot read', async () => {
    const records = new InMemoryRecordStore();
    await open(records).append('s', say('one'));
    const serializer: Serializer = {
      serialize: (value) => JSON.parse(JSON.stringify(value)),
      deserialize: () => ({}),
    };
    await expect(open(records, { serializer }).getAll('s')).rejects.toMatchObject({ code: 'CORRUPTED' });
    const told: string[] = [];
    const onCorrupted = (error: AgentStoreError) => told.push(error.message);
    expect(await open(records, { serializer, onCorrupted }).getAll('s')).toEqual([]);
    expect(told).toEqual([expect.stringContaining('message#s')]);
    await expect(open(records, { serializer: random }).getAll('s')).rejects.toMatchObject({
      code: 'CORRUPTED',
    });
  });
});

describe('a summary', () => {
  it('over a kilobyte is kept beside the head, and goes with the next one, or when its time is up', async () => {
    let time = 1_800_000_000_000;
    const records = new InMemoryRecordStore();
    const summarize = (messages: readonly Message[]) => `${messages.length} `.padEnd(2_000, '.');
    const store = open(records, { summarize, ttlSeconds: 60, now: () => time });
    const options = { keepRecent: 0, strategy: 'summarization', summaryPrompt: 'Be brief.' } as const;
    for (let round = 0; round < 2; round++) {
      await store.append('s', [say('one'), say('two')]);
      await store.compact('s', options);
    }
    expect((await store.getAll('s')).map(({ content }) => content)).toEqual([
      summarize([say(''), say(''), say('')]),
    ]);
    time += 60_000;
    expect(await store.getAll('s')).toEqual([]);
    await store.append('s', say('three'));
    expect(await open(records, { now: () => time }).getAll('s')).toEqual([say('three')]);
    await store.compact('s', options);
    await store.clear('s');
    expect(await store.getAll('s')).toEqual([]);
  });
});

describe('a record that is no head', () => {
  const head = {
    v: 1,
    begin: 0,
    end: 1,
    origin: 'o',
    refs: [],
    writers: [],
    tail: [[1, 0, 0, { json: { messages: [say('one')] } }]],
  };
  const read = async (data: object) => {
    const records = new InMemoryRecordStore();
    await records.put(
      key,
      { revision: 'r', updatedAt: 0, entityType: '', data: JSON.parse(JSON.stringify(data)), text: '' },
      null,
    );
    return open(records).getAll('s');
  };

  it('is told from one', async () => {
    expect(await read(head)).toEqual([say('one')]);
  });

  it('keeps the fencing token that it was written with', async () => {
    const records = new InMemoryRecordStore();
    const stored = { revision: 'r', updatedAt: 0, entityType: '', token: 7, expiresAt: 9e9, text: '' };
    await records.put(key, { ...stored, data: JSON.parse(JSON.stringify(head)) }, null);
    const store = open(records);
    for (const text of ['two', 'three']) await store.append('s', say(text));
    expect(await records.get(key)).toMatchObject({ token: 7 });
  });

  it.each([
    { v: 2 },
    { begin: -1 },
    { end: '1' },
    { origin: 1 },
    { refs: {} },
    { refs: [[1, 1, 1]] },
    { tail: [[1, 0, 0, 'data']] },
    { tail: [[1, 0, 0, {}]] },
    { tail: [[1, 0, 0, { json: { messages: 'none' } }]] },
    { tail: [[1, 0, 0, { json: { messages: [{ role: 'user' }] } }]] },
    { summary: 'a summary' },
    { summary: { start: 0, end: 0 } },
    { writers: [['a']] },
  ])('is CORRUPTED: %j', async (change) => {
    await expect(read({ ...head, ...change })).rejects.toMatchObject({ code: 'CORRUPTED' });
  });
});

describe('the records of a history', () => {
  it('that another program has written over the limit of one are read in pieces', async () => {
    const records = new InMemoryRecordStore();
    const sliced: RecordStore = {
      maxRecordBytes: 500,
      get: (at: RecordKey) => records.get(at),
      put: (at, record, expected) => {
        if (at.sort !== key.sort && record.text.length > 600)
          throw new AgentStoreError('TOO_LARGE', 'Too large.');
        return records.put(at, record, expected);
      },
      delete: (at, expected) => records.delete(at, expected),
    };
    const store = open(sliced);
    const messages = Array.from({ length: 9 }, (_, index) => say(`${index}`.padEnd(900, 'é')));
    for (const message of messages) await store.append('s', message);
    expect(await open(sliced).getAll('s')).toEqual(messages);
    await store.clear('s');
    expect(await store.getAll('s')).toEqual([]);
  });
});
