import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import type { AgentState } from '../../src/domain/agent-state.js';
import type { CopyOutcome } from '../../src/domain/sessions/copy-report.js';
import { copySessions } from '../../src/domain/sessions/copy-sessions.js';
import { eraseSession } from '../../src/domain/sessions/erase-session.js';
import { exportSession, importSession } from '../../src/domain/sessions/export-session.js';
import type { SessionExport } from '../../src/domain/sessions/session-export.js';
import { createState } from '../../src/testing/fixtures.js';
import { assertSameValue } from '../../src/testing/index.js';
import { begin } from '../../src/testing/turns/fixtures.js';
import { backendKinds } from '../property/backends.js';
import { createMessages, World } from './world.js';

const contextId = 'session-1';
const create = () => new World(new InMemoryRecordStore(), 4_000);

/** Values of every kind that a state can hold. */
function createRich(): AgentState {
  return createState(1, {
    metadata: {
      at: new Date(4),
      never: new Date(Number.NaN),
      map: new Map<unknown, unknown>([['a', new Set([1n, undefined])]]),
      url: new URL('https://example.com/?a=b'),
      error: new AggregateError([new TypeError('one')], 'both', { cause: 'none' }),
      numbers: [-0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60],
      bytes: new Uint8Array([0, 255]),
      buffer: Buffer.from('é🙂'),
      pattern: /a\/b/giu,
      undefined,
      text: `${'x'.repeat(9_000)}\ud800`,
      keys: JSON.parse('{"__proto__":{"constructor":1},"a.b":[{"prototype":null}],"":1}'),
    },
  });
}

/** Where every pair of backends has a copy of a session. */
describe.each(backendKinds)('what is carried from $name', (kind) => {
  beforeAll(async () => {
    for (const started of backendKinds) await started.start();
  });
  afterAll(async () => {
    for (const started of backendKinds) await started.stop();
  });

  it.each(backendKinds)('to $name is there as it was, values of every kind included', async (other) => {
    const from = new World(kind.records());
    const { agentStore, messageStore, turnStore } = from.open();
    const messages = createMessages(60).map((message, index) => ({ ...message, at: new Date(index) }));
    const rich = createRich();
    await agentStore.save(contextId, rich);
    for (const message of messages) await messageStore.append(contextId, message);
    await turnStore.claim(contextId, 'ada');
    const exported: SessionExport = JSON.parse(JSON.stringify(await exportSession(from.open(), contextId)));
    const to = new World(other.records());
    await importSession(to.open(), exported);
    const there = to.open();
    assertSameValue(await there.agentStore.load(contextId), rich);
    assertSameValue(await there.messageStore.getRange(contextId, 0, 100), messages);
    expect(await there.turnStore.owner(contextId)).toBe('ada');
    const again = await exportSession(there, contextId);
    expect({ ...again, exportedAt: '', agentId: '' }).toEqual({ ...exported, exportedAt: '', agentId: '' });
    await expect(copySessions(from.open(), to.open())).resolves.toMatchObject({ copied: 0, complete: true });
  });
});

describe('an export', () => {
  it('is of one moment, although others save meanwhile', async () => {
    const world = create();
    const writer = world.open();
    await writer.agentStore.save(contextId, createState(1));
    await writer.messageStore.append(contextId, createMessages(1));
    const stores = world.open();
    const get = stores.process.get.bind(stores.process);
    let turns = 1;
    stores.process.get = async (key, isFresh) => {
      const record = await get(key, isFresh);
      if (key.sort.startsWith('context#') && turns < 4) {
        await writer.agentStore.save(contextId, createState(++turns));
        await writer.messageStore.append(contextId, createMessages(1));
      }
      return record;
    };
    const exported = await exportSession(stores, contextId);
    expect(exported.state?.data).toMatchObject({ json: { turnCount: 4 } });
    expect(exported.history).toHaveLength(4);
  });

  it('is refused if others never stop, and if something of it cannot be read', async () => {
    const world = create();
    const writer = world.open();
    await writer.agentStore.save(contextId, createState(1));
    const stores = world.open();
    const get = stores.process.get.bind(stores.process);
    stores.process.get = async (key, isFresh) => {
      if (key.sort.startsWith('context#')) await writer.agentStore.save(contextId, createState(1));
      return get(key, isFresh);
    };
    await expect(exportSession(stores, contextId)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      operation: 'exportSession',
      contextId,
    });
    const unreadable = { revision: 'r', updatedAt: 0, entityType: '', data: null, text: 'null' };
    await world.records.put({ partition: world.partition, sort: `message#${contextId}` }, unreadable, null);
    await expect(exportSession(world.open(), contextId)).rejects.toMatchObject({ code: 'CORRUPTED' });
  });

  it('refuses to skip messages that cannot be read, whatever the store does otherwise', async () => {
    const world = create();
    const { messageStore } = world.open();
    for (let count = 0; count < 20; count++) await messageStore.append(contextId, createMessages(10, count));
    const [part = ''] = await world.keys('message#');
    await world.records.delete({ partition: world.partition, sort: part }, null);
    await expect(exportSession(world.open(), contextId)).rejects.toMatchObject({ code: 'CORRUPTED' });
  });

  it('of a session that is not there has nothing in it, and makes nothing', async () => {
    const world = create();
    const exported = await exportSession(world.open(), contextId);
    expect(exported).toMatchObject({ version: 1, contextId, state: null, history: [], owner: null });
    await importSession(world.open(), exported);
    expect(await world.keys('lease#')).toEqual([]);
  });
});

describe('an import', () => {
  it('keeps times, expiries and a summary, and gives what stays the time of the store', async () => {
    const from = create();
    const { messageStore } = from.open(undefined, { ttlSeconds: 600 });
    await from.open(undefined, { ttlSeconds: 600 }).agentStore.save(contextId, createState(1));
    for (let count = 0; count < 5; count++) await messageStore.append(contextId, createMessages(1, count));
    await from.compactAll(contextId);
    const start = from.clock.now();
    const exported = await exportSession(from.open(), contextId);
    expect(exported.history.map(({ isSummary }) => isSummary)).toEqual([true, false, false]);
    const to = create();
    to.clock.advance(1_000);
    await importSession(to.open(), exported);
    expect(await exportSession(to.open(), contextId)).toMatchObject({
      state: { expiresAt: start / 1_000 + 600 },
      history: exported.history,
    });
    expect(await to.open().messageStore.getAll(contextId)).toEqual(await messageStore.getAll(contextId));
    const short = create();
    await short.open().agentStore.save('other', createState());
    await importSession(short.open(undefined, { ttlSeconds: 60 }), {
      ...exported,
      state: { data: exported.state?.data ?? null, expiresAt: null },
    });
    const { sessions } = await short.open().agentStore.listSessions();
    const found = sessions.find((session) => session.contextId === contextId);
    expect(found?.expiresAt).toEqual(new Date(short.clock.now() + 60_000));
  });

  it('is refused where the session is, unless it is to replace it, whole', async () => {
    const world = create();
    await world.fill(contextId);
    const other = create();
    await other.open().agentStore.save(contextId, createState(7));
    const exported = await exportSession(other.open(), contextId);
    const refusal = { code: 'CONFLICT', operation: 'importSession', contextId };
    await expect(importSession(world.open(), exported)).rejects.toMatchObject(refusal);
    await importSession(world.open(), exported, { overwrite: true });
    expect(await exportSession(world.open(), contextId)).toMatchObject({
      state: { data: { json: { turnCount: 7 } } },
      history: [],
      owner: null,
    });
    const nothing = await exportSession(create().open(), contextId);
    await importSession(world.open(), nothing, { overwrite: true });
    expect(await world.open().agentStore.load(contextId)).toBeNull();
  });

  it('replaces what cannot be read', async () => {
    const world = create();
    await world.open().agentStore.save(contextId, createState(1));
    const exported = await exportSession(world.open(), contextId);
    const unreadable = { revision: 'r', updatedAt: 0, entityType: '', data: null, text: 'null' };
    for (const sort of [`context#${contextId}`, `message#${contextId}`])
      await world.records.put({ partition: world.partition, sort }, unreadable, null);
    await importSession(world.open(), exported, { overwrite: true });
    expect((await world.open().agentStore.load(contextId))?.turnCount).toBe(1);
    const fails = world.open();
    const get = fails.process.get.bind(fails.process);
    fails.process.get = async (key, isFresh) => {
      if (key.sort.startsWith('context#')) throw new Error('The request failed.');
      return get(key, isFresh);
    };
    await expect(importSession(fails, exported, { overwrite: true })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  it('makes an erased session anew, and waits for no turn unless it replaces', async () => {
    const world = create();
    await world.fill(contextId);
    const exported = await exportSession(world.open(), contextId);
    await eraseSession(world.open(), contextId);
    const turn = await begin(world.open().turnStore, 'turn-2', undefined, contextId);
    await expect(importSession(world.open(), exported)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await turn.abandon();
    await importSession(world.open(), exported);
    const again = await exportSession(world.open(), contextId);
    expect(again).toEqual({ ...exported, exportedAt: again.exportedAt });
  });

  it('replaces no session that others change faster than it can be read', async () => {
    const world = create();
    await world.open().agentStore.save(contextId, createState(1));
    const exported = await exportSession(world.open(), contextId);
    const stores = world.open();
    const writer = world.open();
    await writer.agentStore.load(contextId);
    let turns = 1;
    const get = stores.process.get.bind(stores.process);
    stores.process.get = async (key, isFresh) => {
      if (key.sort === `context#${contextId}`) await writer.agentStore.save(contextId, createState(++turns));
      return get(key, isFresh);
    };
    await expect(importSession(stores, exported)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(turns).toBeGreaterThan(5);
    expect(await world.open().agentStore.load(contextId)).toEqual(createState(turns));
  });

  it.each([
    ['nothing', null],
    ['of another version', { version: 2 }],
    ['without ids', { contextId: 1 }],
    ['without a history', { history: null }],
    ['with an owner that is no text', { owner: 1 }],
    ['with a state that is none', { state: { data: { json: {} }, expiresAt: null } }],
    ['with a state that is no object', { state: 1 }],
    ['with an expiry that is no time', { state: { data: { json: {} }, expiresAt: 'soon' } }],
    [
      'with messages that are none',
      { history: [{ data: { json: { messages: [1] } }, at: 1, expiresAt: null }] },
    ],
    [
      'with messages of no time',
      { history: [{ data: { json: { messages: [] } }, at: '', expiresAt: null }] },
    ],
    ['with an expiry of messages that is none', { history: [{ data: { json: { messages: [] } }, at: 1 }] }],
  ])('of what is no export is refused: %s', async (_, change) => {
    const world = create();
    const valid = await exportSession(world.open(), contextId);
    const given: SessionExport = JSON.parse(JSON.stringify(change && { ...valid, ...change }));
    await expect(importSession(world.open(), given)).rejects.toMatchObject({
      code: 'CORRUPTED',
      cause: expect.anything(),
    });
    expect(await world.keys()).toEqual([]);
  });
});

describe('a copy', () => {
  const fill = async (world: World) => {
    await world.fill('a');
    await world.open().messageStore.append('history alone', createMessages(3));
    await world.open().turnStore.claim('owner alone', 'ada');
    await world.open(undefined, { ttlSeconds: 1 }).agentStore.save('expired', createState());
    world.clock.advance(2_000);
  };
  const counts = { sessions: 3, messages: 143 };

  it('has all of them, says how far it is, counts both sides, and writes nothing twice', async () => {
    const [from, to] = [create(), create()];
    await fill(from);
    const seen: [number, string, CopyOutcome][] = [];
    const report = await copySessions(from.open(), to.open(), {
      onProgress: ({ round, contextId, outcome }) => seen.push([round, contextId, outcome]),
    });
    expect(report).toEqual({ from: counts, to: counts, copied: 3, kept: [], failed: [], complete: true });
    expect(seen.slice(0, 3).every(([round, , outcome]) => round === 1 && outcome === 'copied')).toBe(true);
    expect(seen.slice(3).every(([round, , outcome]) => round === 2 && outcome === 'same')).toBe(true);
    expect(seen).toHaveLength(6);
    for (const id of ['a', 'history alone', 'owner alone']) {
      const here = await exportSession(from.open(), id);
      expect(await exportSession(to.open(), id)).toMatchObject({
        ...here,
        agentId: to.agentId,
        exportedAt: expect.anything(),
      });
    }
    expect(await copySessions(from.open(), to.open())).toMatchObject({ copied: 0, complete: true });
  });

  it('that is interrupted after any of its requests goes on when it is run again', async () => {
    let isKilled = true;
    for (let requests = 0; isKilled; requests += 3) {
      const [from, to] = [create(), create()];
      await fill(from);
      await copySessions(from.open(), to.open(requests)).then(
        () => {
          isKilled = false;
        },
        (error) => expect(error).toMatchObject({ code: 'CONFIGURATION', operation: 'copySessions' }),
      );
      to.clock.advance(3_600_000);
      from.clock.advance(3_600_000);
      expect(await copySessions(from.open(), to.open())).toMatchObject({
        from: counts,
        to: counts,
        complete: true,
      });
    }
  });

  it('copies again what has changed meanwhile, removes what was erased, and takes what was added', async () => {
    const [from, to] = [create(), create()];
    const writer = from.open();
    for (const id of ['changed', 'erased', 'same']) await writer.agentStore.save(id, createState(1));
    let isChanged = false;
    const removed: string[] = [];
    const stores = from.open();
    const keys = stores.process.keys.bind(stores.process);
    stores.process.keys = async (...given) => {
      const done = to.open().agentStore.listSessions();
      if (!isChanged && (await done).sessions.length === 3) {
        isChanged = true;
        await writer.agentStore.save('changed', createState(2));
        await eraseSession(from.open(), 'erased');
        await writer.agentStore.save('added', createState(1));
      }
      return keys(...given);
    };
    const report = await copySessions(stores, to.open(), {
      onProgress: ({ contextId: id, outcome }) => outcome === 'removed' && removed.push(id),
    });
    expect(report).toMatchObject({ complete: true, from: { sessions: 3 }, to: { sessions: 3 }, copied: 5 });
    expect(removed).toEqual(['erased']);
    expect((await to.open().agentStore.load('changed'))?.turnCount).toBe(2);
    expect(await to.open().agentStore.load('erased')).toBeNull();
  });

  it('gives what stays the time of the store that it comes to, and finds it the same from then on', async () => {
    for (const hasExpiry of [false, true]) {
      const [from, to] = [create(), create()];
      const source = from.open(undefined, hasExpiry ? { ttlSeconds: 600 } : {});
      await source.agentStore.save(contextId, createState(1));
      await source.messageStore.append(contextId, createMessages(1));
      const options = { ttlSeconds: 60 };
      await copySessions(from.open(), to.open(undefined, options));
      const expiresAt = to.clock.now() / 1_000 + (hasExpiry ? 600 : 60);
      const there = await exportSession(to.open(), contextId);
      expect([there.state?.expiresAt, there.history[0]?.expiresAt]).toEqual([expiresAt, expiresAt]);
      expect(await copySessions(from.open(), to.open(undefined, options))).toMatchObject({
        copied: 0,
        complete: true,
      });
      await to.open().messageStore.append(contextId, createMessages(1));
      expect(await copySessions(from.open(), to.open())).toMatchObject({ copied: 1, complete: true });
    }
  });

  it('leaves alone what was active later there, and says so', async () => {
    const [from, to] = [create(), create()];
    await from.open().agentStore.save('a', createState(1));
    await from.open().agentStore.save('b', createState(1));
    await to.open().agentStore.save('a', createState(9, { lastActivity: new Date('2027-01-01') }));
    await to.open().agentStore.save('b', createState(9, { lastActivity: new Date('2020-01-01') }));
    const report = await copySessions(from.open(), to.open());
    expect(report).toMatchObject({ kept: ['a'], complete: false, copied: 1, from: { sessions: 2 } });
    expect((await to.open().agentStore.load('a'))?.turnCount).toBe(9);
  });

  it('goes past a session that cannot be carried, and says which and why', async () => {
    const [from, to] = [create(), create()];
    await from.open().agentStore.save('a', createState(1));
    const unreadable = { revision: 'r', updatedAt: 0, entityType: '', data: 1, text: '1' };
    await from.records.put({ partition: from.partition, sort: 'context#b' }, unreadable, null);
    const report = await copySessions(from.open(), to.open());
    expect(report.failed).toMatchObject([{ contextId: 'b', code: 'CORRUPTED', message: expect.anything() }]);
    expect(report).toMatchObject({ copied: 1, complete: false });
  });

  it('does not wait for ever for sessions that others use', async () => {
    const [from, to] = [create(), create()];
    await from.open().agentStore.save('busy', createState(1));
    await from.open().agentStore.save('changing', createState(1));
    await from.open().agentStore.save('changing there', createState(1));
    const turn = await begin(to.open().turnStore, 'turn-1', undefined, 'busy');
    const restless = (world: World, id: string) => {
      const stores = world.open();
      const writer = world.open();
      const get = stores.process.get.bind(stores.process);
      stores.process.get = async (key, isFresh) => {
        if (key.sort === `context#${id}`) {
          await writer.agentStore.load(id);
          await writer.agentStore.save(id, createState(1));
        }
        return get(key, isFresh);
      };
      return stores;
    };
    const outcomes = new Map<string, CopyOutcome>();
    const report = await copySessions(restless(from, 'changing'), restless(to, 'changing there'), {
      waitSeconds: 0,
      onProgress: ({ contextId: id, outcome }) => outcomes.set(id, outcome),
    });
    expect(report).toMatchObject({ complete: false, copied: 0 });
    expect([...outcomes.values()]).toEqual(['changing', 'changing', 'changing']);
    await turn.abandon();
  });

  it('carries the session at hand to its end if its caller wants no more', async () => {
    const [from, to] = [create(), create()];
    for (const id of ['a', 'b']) await from.fill(id);
    const controller = new AbortController();
    const stores = to.open();
    const put = stores.process.put.bind(stores.process);
    stores.process.put = async (...given) => {
      if (given[0].sort.startsWith('owner#')) controller.abort();
      return put(...given);
    };
    const options = { concurrency: 1, signal: controller.signal };
    await expect(copySessions(from.open(), stores, options)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await to.open().agentStore.listSessions()).sessions).toMatchObject([{ contextId: 'a' }]);
    const [source, target] = await Promise.all([from, to].map((world) => exportSession(world.open(), 'a')));
    expect(target?.history).toEqual(source?.history);
  });

  it.each(['owner#', 'message#'])('that has lost the lease writes nothing more: after %s', async (prefix) => {
    const [from, to] = [create(), create()];
    await from.fill('a');
    const stores = to.open();
    const put = stores.process.put.bind(stores.process);
    const written: string[] = [];
    stores.process.put = async (...given) => {
      const { sort } = given[0];
      if (!sort.startsWith('lease#')) written.push(sort.slice(0, sort.indexOf('#') + 1));
      const result = await put(...given);
      if (sort.startsWith(prefix)) to.clock.advance(3_600_000);
      return result;
    };
    await expect(copySessions(from.open(), stores)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('lease'),
    });
    expect(written.at(-1)).toBe(prefix);
    expect((await to.open().agentStore.listSessions()).sessions).toEqual([]);
  });

  it('waits for a turn that runs where it goes to, and does not stop it', async () => {
    const [from, to] = [create(), create()];
    await from.open().agentStore.save('a', createState(1));
    const turn = await begin(to.open().turnStore, 'turn-1', undefined, 'a');
    const stopped = vi.fn();
    turn.onStop(stopped);
    const waiting = to.open();
    const copying = copySessions(from.open(), waiting);
    // It has met the lease, and tried again.
    const sent = vi.spyOn(waiting.process, 'get');
    const tries = () => sent.mock.calls.filter(([{ sort }]) => sort === 'lease#a').length;
    await vi.waitFor(() => expect(tries()).toBeGreaterThan(1));
    expect(stopped).not.toHaveBeenCalled();
    await turn.abandon();
    expect(await copying).toMatchObject({ complete: true, copied: 1 });
  });

  it('ends between two sessions if its caller says so, and reports what the backend says', async () => {
    const [from, to] = [create(), create()];
    for (const id of ['a', 'b', 'c']) await from.open().agentStore.save(id, createState(1));
    const controller = new AbortController();
    const signal = controller.signal;
    const onProgress = () => controller.abort(new Error('Enough.'));
    await expect(
      copySessions(from.open(), to.open(), { concurrency: 1, signal, onProgress }),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      operation: 'copySessions',
    });
    expect((await to.open().agentStore.listSessions()).sessions).toHaveLength(1);
    for (const options of [{ concurrency: Number.NaN }, { concurrency: 0 }, { waitSeconds: -1 }])
      await expect(copySessions(from.open(), to.open(), options)).rejects.toMatchObject({
        code: 'CONFIGURATION',
        message: expect.stringContaining(Object.keys(options)[0] ?? ''),
      });
    const broken = to.open();
    broken.process.get = () => Promise.reject(new Error('The request failed.'));
    await expect(copySessions(from.open(), broken)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
