import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InMemoryAgentStore, InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { runInAgentScope } from '../../src/domain/agent-scope.js';
import { AgentStoreError } from '../../src/domain/errors.js';
import { inside } from '../../src/domain/inside.js';
import type { RecordKey } from '../../src/domain/key-schema.js';
import { removeHistoryParts } from '../../src/domain/messages/erase-history.js';
import type { EraseReceipt, EraseStep } from '../../src/domain/sessions/erase-session.js';
import { eraseSession, verifyErased } from '../../src/domain/sessions/erase-session.js';
import { createTurnStore } from '../../src/domain/turns/create-turn-store.js';
import { createState } from '../../src/testing/fixtures.js';
import { begin, done, eager, readAll } from '../../src/testing/turns/fixtures.js';
import { backendKinds } from '../property/backends.js';
import { createMessages, nothing, World } from './world.js';

const contextId = 'session-1';

/** A world in memory, in which a record holds 4 KB. */
const create = () => new World(new InMemoryRecordStore(), 4_000);

describe.each(backendKinds)('an erase in $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());
  // Redis keeps whatever it is given in one record.
  const createWorld = () => new World(kind.records(), kind.name.startsWith('Redis') ? undefined : 4_000);

  it('that is killed after any of its requests and run again leaves nothing, and no other session is touched', async () => {
    const stepped = kind.name === 'memory' ? 1 : 7;
    let isKilled = true;
    let kills = -1;
    for (let requests = 0; isKilled; requests += stepped) {
      kills++;
      const world = createWorld();
      await world.fill(contextId);
      await world.open().agentStore.save('other', createState());
      await eraseSession(world.open(requests), contextId).then(
        () => {
          isKilled = false;
        },
        () => undefined,
      );
      world.clock.advance(3_600_000);
      const receipt = await eraseSession(world.open(), contextId);
      expect(receipt).toMatchObject({ complete: true, remaining: nothing });
      await world.open().agentStore.delete('other');
      expect(await world.isErased(contextId)).toBe(true);
      expect(await verifyErased(world.open(), contextId)).toMatchObject({ complete: true, found: nothing });
    }
    expect(kills * stepped).toBeGreaterThan(20);
  });
});

describe('an erase', () => {
  it('gives a receipt of what was found, removed and looked for again, which holds nothing of the session', async () => {
    const world = create();
    await world.fill(contextId);
    const before = await verifyErased(world.open(), contextId);
    expect(before).toMatchObject({
      operation: 'verify',
      complete: false,
      removed: nothing,
      fencedUntil: null,
    });
    const steps: EraseStep[] = [];
    const receipt = await eraseSession(world.open(), contextId, {
      onProgress: ({ step }) => steps.push(step),
    });
    expect(steps).toEqual(['wait', 'look', 'fence', 'parts', 'events', 'requests', 'owner', 'look-again']);
    const { found } = receipt;
    expect(found).toEqual(before.found);
    expect(found).toMatchObject({ state: 1, history: 1, events: 1, requests: 1, owner: 1 });
    for (const kind of ['stateParts', 'historyParts', 'eventParts'] as const)
      expect(found[kind]).toBeGreaterThan(1);
    const at = new Date(world.clock.now());
    const { fencingToken, ...rest } = receipt;
    expect(rest).toEqual({
      version: 1,
      operation: 'erase',
      agentId: world.agentId,
      contextId,
      startedAt: at.toISOString(),
      finishedAt: at.toISOString(),
      found,
      removed: found,
      remaining: nothing,
      complete: true,
      fencedUntil: new Date(at.getTime() + 7 * 86_400_000).toISOString(),
    } satisfies Omit<EraseReceipt, 'fencingToken'>);
    expect(fencingToken).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(receipt))).toEqual(receipt);
    expect(await verifyErased(world.open(), contextId)).toMatchObject({
      found: nothing,
      complete: true,
      fencingToken: null,
      fencedUntil: receipt.fencedUntil,
    });
  });

  it('finds what a session has begun anew since, and what was never there', async () => {
    const world = create();
    expect(await eraseSession(world.open(), 'unknown')).toMatchObject({ found: nothing, complete: true });
    await eraseSession(world.open(), contextId);
    const { agentStore, messageStore } = world.open();
    await agentStore.load(contextId);
    await agentStore.save(contextId, createState(1));
    await messageStore.append(contextId, createMessages(1));
    expect(await verifyErased(world.open(), contextId)).toMatchObject({
      complete: false,
      found: { ...nothing, state: 1, history: 1 },
      fencedUntil: null,
    });
    expect((await eraseSession(world.open(), contextId)).found).toEqual({ ...nothing, state: 1, history: 1 });
  });

  it('touches no session whose id begins like that of the erased one', async () => {
    const world = create();
    await world.fill('a');
    await world.fill('a#b');
    const before = await verifyErased(world.open(), 'a#b');
    expect((await eraseSession(world.open(), 'a')).complete).toBe(true);
    expect((await verifyErased(world.open(), 'a#b')).found).toEqual(before.found);
  });

  it('removes what cannot be read, and the parts that it would name', async () => {
    const world = create();
    await world.fill(contextId);
    const unreadable = { revision: '', updatedAt: 0, entityType: '', data: null, text: 'null' };
    for (const sort of await world.keys('lease#', 'part#'))
      await world.records.put({ partition: world.partition, sort }, { ...unreadable, parts: '{' }, null);
    const receipt = await eraseSession(world.open(), contextId);
    expect(receipt).toMatchObject({ complete: true, found: { state: 1, history: 1, events: 1, owner: 1 } });
    expect(await world.keys('lease#')).toEqual([`context#${contextId}`, `message#${contextId}`]);
  });

  it('removes what the backend itself cannot read, and what is gone when it comes to it', async () => {
    const world = create();
    await world.fill(contextId);
    const stores = world.open();
    const broken = new Set(await world.keys('lease#', 'event#'));
    const { process } = stores;
    const get = process.get.bind(process);
    const put = process.put.bind(process);
    const remove = process.delete.bind(process);
    Object.assign(process, {
      get: async (key: RecordKey, isFresh?: boolean) => {
        if (broken.has(key.sort)) throw new AgentStoreError('CORRUPTED', 'It is of another type.');
        return key.sort.startsWith('event#') ? null : get(key, isFresh);
      },
      put: async (...given: Parameters<typeof process.put>) => {
        expect(broken.has(given[0].sort)).toBe(false);
        return put(...given);
      },
      delete: (...given: Parameters<typeof process.delete>) => {
        broken.delete(given[0].sort);
        return remove(...given);
      },
    });
    const receipt = await eraseSession(stores, contextId);
    expect(receipt).toMatchObject({ complete: true, found: { state: 1, history: 1, owner: 1, events: 0 } });
  });

  it('puts its empty record on top of whatever somebody saves meanwhile', async () => {
    const world = create();
    const { agentStore } = world.open();
    await agentStore.save(contextId, createState(1));
    const stores = world.open();
    const put = stores.process.put.bind(stores.process);
    let saves = 0;
    stores.process.put = async (...given) => {
      if (given[0].sort.startsWith('context#') && saves++ === 0)
        await agentStore.save(contextId, createState(2));
      return put(...given);
    };
    expect((await eraseSession(stores, contextId)).complete).toBe(true);
    expect(saves).toBe(2);
    await expect(agentStore.save(contextId, createState(3))).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('removes all parts of a long history, those below others included', async () => {
    const world = create();
    const { messageStore } = world.open();
    for (let count = 0; count < 60; count++) await messageStore.append(contextId, createMessages(10, count));
    const parts = await world.keys('message#');
    const { found, complete } = await eraseSession(world.open(), contextId);
    expect({ parts: found.historyParts, complete }).toEqual({ parts: parts.length, complete: true });
    expect(await world.isErased(contextId)).toBe(true);
  });

  it('has no parts to remove where there is no history any more', async () => {
    const { messageStore } = create().open();
    await expect(removeHistoryParts(messageStore[inside], contextId, 1, 1)).resolves.toBeUndefined();
  });

  it('removes what has expired', async () => {
    const world = create();
    await world.open(undefined, { ttlSeconds: 60 }).agentStore.save(contextId, createState());
    world.clock.advance(3_600_000);
    const receipt = await eraseSession(world.open(), contextId);
    expect(receipt).toMatchObject({ complete: true, found: { state: 1 } });
  });

  it('is refused with stores that do not belong together, and says so', async () => {
    const world = create();
    const stores = world.open();
    const other = create().open();
    const withFake = { ...stores, agentStore: { ...stores.agentStore } as InMemoryAgentStore };
    for (const [given, said] of [
      [{ ...stores, turnStore: other.turnStore }, 'different agents'],
      [withFake, '"agentStore"'],
    ] as const) {
      const refusal = { code: 'CONFIGURATION', message: expect.stringContaining(said) };
      await expect(eraseSession(given, contextId)).rejects.toMatchObject(refusal);
      await expect(verifyErased(given, contextId)).rejects.toMatchObject(refusal);
    }
    for (const waitSeconds of [-1, Number.NaN])
      await expect(eraseSession(stores, contextId, { waitSeconds })).rejects.toMatchObject({
        code: 'CONFIGURATION',
      });
  });

  it('says which call failed, and for which session', async () => {
    const world = create();
    const failure = { code: 'CONFIGURATION', agentId: world.agentId, contextId };
    await expect(eraseSession(world.open(0), contextId)).rejects.toMatchObject({
      ...failure,
      operation: 'eraseSession',
    });
    await expect(verifyErased(world.open(0), contextId)).rejects.toMatchObject({
      ...failure,
      operation: 'verifyErased',
    });
  });
});

describe('a late writer', () => {
  it('that has loaded the session before is refused, with a token or without', async () => {
    const world = create();
    const [{ agentStore }, { turnStore }] = [world.open(), world.open()];
    const { fencingToken, ...turn } = await begin(turnStore, 'turn-1', undefined, contextId);
    await agentStore.save(contextId, createState(1));
    const scope = { isRevoked: false, fencingToken };
    const old = world.open();
    await runInAgentScope(scope, () => old.agentStore.load(contextId));
    await turn.abandon();
    await eraseSession(world.open(), contextId);
    const refusal = { code: 'CONFLICT' };
    await expect(agentStore.save(contextId, createState(2))).rejects.toMatchObject(refusal);
    await expect(
      runInAgentScope(scope, () => old.agentStore.save(contextId, createState(2))),
    ).rejects.toMatchObject(refusal);
    // Although it has seen what the erase has left.
    await runInAgentScope(scope, () => old.agentStore.load(contextId));
    await expect(
      runInAgentScope(scope, () => old.agentStore.save(contextId, createState(2))),
    ).rejects.toMatchObject(refusal);
    await expect(
      runInAgentScope(scope, () => old.messageStore.append(contextId, createMessages(1))),
    ).rejects.toMatchObject(refusal);
    expect(await world.isErased(contextId)).toBe(true);
  });

  it('that has found nothing there before is refused what it creates', async () => {
    const world = create();
    const { agentStore, messageStore } = world.open();
    await agentStore.load(contextId);
    expect(await messageStore.getAll(contextId)).toEqual([]);
    await eraseSession(world.open(), contextId);
    await expect(agentStore.save(contextId, createState(1))).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await world.isErased(contextId)).toBe(true);
  });

  it('that appends to what was there before is refused once, and then begins anew', async () => {
    const world = create();
    const { messageStore } = world.open();
    await messageStore.append(contextId, createMessages(1));
    await eraseSession(world.open(), contextId);
    await expect(messageStore.append(contextId, createMessages(1))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('erased'),
    });
    expect(await world.isErased(contextId)).toBe(true);
    await messageStore.append(contextId, createMessages(2));
    expect(await world.open().messageStore.getCount(contextId)).toBe(2);
  });

  it('is refused an append again whose outcome it did not know, unless that was there before the erase', async () => {
    for (const isStored of [false, true]) {
      const world = create();
      const { messageStore, process } = world.open();
      await messageStore.append(contextId, createMessages(1));
      const put = process.put.bind(process);
      process.put = async (...given) => {
        if (isStored) await put(...given);
        throw new Error('The answer was lost.');
      };
      const get = process.get.bind(process);
      process.get = () => Promise.reject(new Error('The request failed.'));
      await expect(messageStore.append(contextId, createMessages(2))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      Object.assign(process, { put, get });
      await eraseSession(world.open(), contextId);
      const again = messageStore.append(contextId, createMessages(2));
      if (isStored) await again;
      else await expect(again).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await world.open().messageStore.getCount(contextId)).toBe(0);
    }
  });

  it('is none of a new turn, which begins the session anew at once', async () => {
    const world = create();
    await world.fill(contextId);
    const { fencingToken: erased } = await eraseSession(world.open(), contextId);
    const { agentStore, messageStore, turnStore } = world.open();
    const turn = await begin(turnStore, 'turn-2', undefined, contextId);
    expect(turn.fencingToken).toBeGreaterThan(Number(erased));
    const scope = { isRevoked: false, fencingToken: turn.fencingToken };
    await runInAgentScope(scope, async () => {
      expect(await agentStore.load(contextId)).toBeNull();
      expect(await messageStore.getRecent(contextId)).toEqual([]);
      await agentStore.save(contextId, createState(1));
      await messageStore.append(contextId, createMessages(2));
      await agentStore.save(contextId, createState(2));
    });
    await turn.end(done);
    expect((await world.open().agentStore.load(contextId))?.turnCount).toBe(2);
    expect(await world.open().messageStore.getCount(contextId)).toBe(2);
  });

  it('is refused an erase by a turn that has begun since', async () => {
    const world = create();
    const { turnStore, agentStore } = world.open();
    const erasing = eraseSession(world.open(), contextId, {
      onProgress: ({ step }) => {
        if (step === 'fence') world.clock.advance(3_600_000);
      },
    });
    await erasing.catch(() => undefined);
    const turn = await begin(turnStore, 'turn-2', undefined, contextId);
    const scope = { isRevoked: false, fencingToken: turn.fencingToken + 1_000 };
    await runInAgentScope(scope, async () => {
      await agentStore.load(contextId);
      await agentStore.save(contextId, createState(1));
    });
    await turn.end(done);
    world.clock.advance(-3_600_000);
    await expect(eraseSession(world.open(), contextId)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('an erase of a session that runs', () => {
  it('asks the turn to stop, waits for it, and removes what it has said', async () => {
    const world = create();
    const turnStore = createTurnStore(world.records, {
      agentId: world.agentId,
      now: world.clock.now,
      ...eager,
    });
    const { agentStore } = world.open();
    const turn = await begin(turnStore, 'turn-1', undefined, contextId);
    turn.onStop(() => void turn.end(done));
    await agentStore.save(contextId, createState(1, { status: 'busy' }));
    const receipt = await eraseSession(world.open(), contextId);
    expect(receipt).toMatchObject({ complete: true, found: { state: 1, events: 1 } });
    expect(await world.isErased(contextId)).toBe(true);
    expect(await readAll(turnStore, 'turn-1')).toMatchObject([{ lost: {} }]);
  });

  it('gives up, and removes nothing, if the turn goes on for longer than it waits', async () => {
    const world = create();
    await world.fill(contextId);
    const turn = await begin(world.open().turnStore, 'turn-2', undefined, contextId);
    const before = await world.keys();
    for (const waitSeconds of [0, 0.02])
      await expect(eraseSession(world.open(), contextId, { waitSeconds })).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('running'),
      });
    expect(await world.keys()).toEqual(before);
    await turn.abandon();
    expect((await eraseSession(world.open(), contextId)).complete).toBe(true);
  });

  it('tries again to remove a part of the history that could not be removed', async () => {
    const world = create();
    await world.fill(contextId);
    const stores = world.open();
    const put = stores.process.put.bind(stores.process);
    const remove = stores.process.delete.bind(stores.process);
    const failed: string[] = [];
    let isEmptied = false;
    stores.process.put = async (...given) => {
      isEmptied ||= given[0].sort.startsWith('message#');
      return put(...given);
    };
    stores.process.delete = async (key, expected) => {
      // The first parts that go once the history is an empty one are its own.
      if (!isEmptied || failed.length > 0) return remove(key, expected);
      failed.push(key.sort);
      throw new Error('The request failed.');
    };
    expect((await eraseSession(stores, contextId)).complete).toBe(true);
    expect(failed).toHaveLength(1);
    expect(await world.keys('lease#')).not.toContain(failed[0]);
    expect(await world.isErased(contextId)).toBe(true);
  });

  it('ends between two steps if its caller says so, or its lease is lost, and is finished by being run again', async () => {
    const world = create();
    await world.fill(contextId);
    const cause = new Error('Enough.');
    const controller = new AbortController();
    await expect(
      eraseSession(world.open(), contextId, {
        signal: controller.signal,
        onProgress: ({ step }) => {
          if (step === 'parts') controller.abort(cause);
        },
      }),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE', cause });
    await expect(
      eraseSession(world.open(), contextId, {
        onProgress: ({ step }) => {
          if (step === 'parts') world.clock.advance(3_600_000);
        },
      }),
    ).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('lease') });
    world.clock.advance(3_600_000);
    expect((await eraseSession(world.open(), contextId)).complete).toBe(true);
    expect(await world.isErased(contextId)).toBe(true);
  });
});
