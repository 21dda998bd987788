import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { eraseSession } from '../../src/domain/sessions/erase-session.js';
import { type PruneOutcome, pruneSessions } from '../../src/domain/sessions/prune-sessions.js';
import { createAgentStore } from '../../src/domain/store/create-agent-store.js';
import { createState } from '../../src/testing/fixtures.js';
import { begin } from '../../src/testing/turns/fixtures.js';
import { backendKinds } from '../property/backends.js';
import { createMessages, World } from './world.js';

const create = () => new World(new InMemoryRecordStore(), 4_000);
const day = 86_400_000;
const unreadable = { revision: 'r', updatedAt: 0, entityType: '', data: null, text: 'null' };

/** A moment before the session was last active, and one after it. */
const [before, after] = [new Date('2026-05-02T10:00:00.000Z'), new Date('2026-05-02T10:00:00.124Z')];

describe.each(backendKinds)('what has been left behind in $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());

  it('by killed writes is removed once it is a day old, and nothing else is', async () => {
    const world = new World(kind.records(), kind.name.startsWith('Redis') ? undefined : 4_000);
    await world.fill('kept');
    const { agentStore, messageStore } = world.open();
    for (let count = 0; count < 60; count++) await messageStore.append('kept', createMessages(10, count));
    await messageStore.compact('kept', { keepRecent: 400 });
    const kept = await world.keys('lease#', 'context#', 'message#');
    const state = createState(1, { metadata: { text: 'x'.repeat(9_000) } });
    for (let requests = 1; requests < 6; requests++) {
      const killed = world.open(requests);
      await killed.agentStore.save(`state-${requests}`, state).catch(() => undefined);
      await killed.messageStore.append('kept', createMessages(100)).catch(() => undefined);
    }
    const withOrphans = await world.keys('lease#', 'context#', 'message#');
    const orphans = withOrphans.filter((key) => !kept.includes(key) && key.startsWith('part#'));
    expect(orphans.length).toBeGreaterThan(0);
    const options = { olderThan: before, dryRun: false };
    expect((await pruneSessions(world.open(), options)).orphanedParts).toBe(0);
    world.clock.advance(day + 3_600_001);
    const dry = await pruneSessions(world.open(), { olderThan: before });
    const { orphanedParts, sessions } = await pruneSessions(world.open(), options);
    expect(sessions).toEqual([]);
    expect(dry.orphanedParts).toBe(orphanedParts);
    expect(orphanedParts).toBeGreaterThan(0);
    expect((await pruneSessions(world.open(), options)).orphanedParts).toBe(0);
    expect(await world.open().agentStore.load('kept')).not.toBeNull();
    expect(await world.open().messageStore.getAll('kept')).toHaveLength(400);
    await agentStore.close();
  });
});

describe('pruning', () => {
  it('says what it would erase, and erases it only if it is told to', async () => {
    const world = create();
    await world.fill('old');
    await world.open().agentStore.save('active', createState(1, { lastActivity: after }));
    await world.open().turnStore.claim('owner alone', 'ada');
    world.clock.advance(day * 400);
    const seen: [number, string, PruneOutcome][] = [];
    const stores = world.open();
    const keys = await world.keys();
    // The messages of "old" were appended after its state says that it was active.
    expect((await pruneSessions(stores, { olderThan: after })).sessions).toEqual([]);
    const options = { olderThan: new Date(world.clock.now() - day) };
    await world
      .open()
      .agentStore.update(
        'active',
        (state) => state && { ...state, lastActivity: new Date(world.clock.now()) },
      );
    const report = await pruneSessions(stores, {
      ...options,
      onProgress: ({ done, contextId, outcome }) => seen.push([done, contextId, outcome]),
    });
    const expected = {
      olderThan: options.olderThan.toISOString(),
      sessions: ['old'],
      inUse: [],
      unreadable: [],
      emptyRecords: 0,
      orphanedParts: 0,
    };
    expect(report).toEqual({ dryRun: true, ...expected });
    expect(seen.sort()).toEqual([
      [1, 'active', 'active'],
      [2, 'old', 'old'],
      [3, 'owner alone', 'active'],
    ]);
    expect(await world.keys()).toEqual(keys);
    expect(await pruneSessions(stores, { ...options, dryRun: false })).toEqual({
      dryRun: false,
      ...expected,
    });
    expect(await world.keys('lease#')).toEqual([
      'context#active',
      'context#old',
      'message#old',
      'owner#owner alone',
    ]);
  });

  it('goes by the newest of state and messages, and by the expiry of what has expired', async () => {
    const world = create();
    const start = world.clock.now();
    const lasting = { ttlSeconds: 60 };
    await world.open().agentStore.save('state', createState(1, { lastActivity: before }));
    await world.open().messageStore.append('messages', createMessages(1));
    await world.open(undefined, lasting).agentStore.save('expired state', createState(1));
    await world.open(undefined, lasting).messageStore.append('expired messages', createMessages(1));
    await world.open().agentStore.save('no time', createState(1, { lastActivity: new Date(Number.NaN) }));
    world.clock.advance(2 * day);
    const prune = async (olderThan: number) =>
      [...(await pruneSessions(world.open(), { olderThan: new Date(olderThan) })).sessions].sort();
    expect(await prune(before.getTime())).toEqual([]);
    expect(await prune(start)).toEqual(['state']);
    expect(await prune(start + 1)).toEqual(['messages', 'state']);
    expect(await prune(start + 60_001)).toEqual(['expired state', 'messages', 'state']);
    expect(await prune(start + 2 * day)).toEqual(['expired messages', 'expired state', 'messages', 'state']);
  });

  it('leaves alone what somebody uses, has changed meanwhile, or cannot be read', async () => {
    const world = create();
    for (const id of ['running', 'changed', 'a-unreadable', 'old'])
      await world.open().agentStore.save(id, createState(1));
    const key = { partition: world.partition, sort: 'context#a-unreadable' };
    await world.records.put(key, { ...unreadable, parts: '{' }, null);
    const turn = await begin(world.open().turnStore, 'turn-1', undefined, 'running');
    const stores = world.open();
    const put = stores.process.put.bind(stores.process);
    stores.process.put = async (...given) => {
      if (given[0].sort === 'lease#changed')
        await world
          .open()
          .agentStore.update(
            'changed',
            (state) => state && { ...state, lastActivity: new Date('2027-01-01') },
          );
      return put(...given);
    };
    const report = await pruneSessions(stores, { olderThan: after, dryRun: false });
    expect(report).toMatchObject({ sessions: ['old'], unreadable: ['a-unreadable'] });
    expect([...report.inUse].sort()).toEqual(['changed', 'running']);
    expect((await world.open().agentStore.listSessions()).sessions).toHaveLength(3);
    await turn.abandon();
  });

  it('removes what erased sessions have left, once its time is over', async () => {
    const world = create();
    await world.fill('a');
    await eraseSession(world.open(), 'a');
    const options = { olderThan: before, dryRun: false };
    expect((await pruneSessions(world.open(), options)).emptyRecords).toBe(0);
    world.clock.advance(8 * day);
    await world.open(undefined, { ttlSeconds: 1 }).agentStore.save('b', createState(1));
    world.clock.advance(2_000);
    expect((await pruneSessions(world.open(), { olderThan: before })).emptyRecords).toBe(2);
    expect((await pruneSessions(world.open(), options)).emptyRecords).toBe(2);
    expect(await world.keys('lease#')).toEqual(['context#b']);
  });

  it('says nothing of parts if it cannot tell which are needed', async () => {
    const foreign = create();
    await foreign.records.put({ partition: foreign.partition, sort: 'note#1' }, unreadable, null);
    const lost = create();
    const { messageStore } = lost.open();
    for (let count = 0; count < 60; count++) await messageStore.append('a', createMessages(10, count));
    const indexes: string[] = [];
    for (const sort of await lost.keys('message#')) {
      const record = await lost.records.get({ partition: lost.partition, sort });
      if (JSON.stringify(await record?.read(1_000_000)).includes('"refs"')) indexes.push(sort);
    }
    for (const sort of indexes) await lost.records.delete({ partition: lost.partition, sort }, null);
    const broken = create();
    await broken.fill('a');
    const key = { partition: broken.partition, sort: 'context#a' };
    await broken.records.put(key, { ...unreadable, parts: '{' }, null);
    for (const world of [foreign, lost, broken]) {
      world.clock.advance(2 * day);
      const report = await pruneSessions(world.open(), { olderThan: before, dryRun: false });
      expect(report.orphanedParts).toBeNull();
    }
    const bare = create();
    await bare.open().agentStore.save('a', createState(1));
    const agentStore = createAgentStore(bare.records, { agentId: bare.agentId, contextKeyPrefix: '' });
    const report = await pruneSessions({ ...bare.open(), agentStore }, { olderThan: before });
    expect(report.orphanedParts).toBeNull();
  });

  it('refuses a time that is none, ends if its caller says so, and reports what the backend says', async () => {
    const world = create();
    for (const id of ['a', 'b']) await world.fill(id);
    const refusal = { operation: 'pruneSessions', agentId: world.agentId };
    await expect(pruneSessions(world.open(), { olderThan: new Date(Number.NaN) })).rejects.toMatchObject({
      ...refusal,
      code: 'CONFIGURATION',
    });
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = () => controller.abort();
    await expect(pruneSessions(world.open(), { olderThan: after, signal, onProgress })).rejects.toMatchObject(
      {
        ...refusal,
        code: 'UNAVAILABLE',
      },
    );
    world.clock.advance(2 * day);
    const whole = world.open();
    await pruneSessions(whole, { olderThan: before });
    for (let requests = 0; requests < whole.process.sent; requests += 5)
      await expect(pruneSessions(world.open(requests), { olderThan: before })).rejects.toMatchObject({
        ...refusal,
        code: 'CONFIGURATION',
      });
  });
});
