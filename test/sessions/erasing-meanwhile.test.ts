import { describe, expect, it } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import type { KeySchema } from '../../src/domain/key-schema.js';
import { eraseSession, verifyErased } from '../../src/domain/sessions/erase-session.js';
import { createState } from '../../src/testing/fixtures.js';
import { createMessages, nothing, type OpenStores, World } from './world.js';

const contextId = 'session-1';
const large = createState(2, { metadata: { text: 'x'.repeat(9_000) } });
const create = () => new World(new InMemoryRecordStore(), 4_000);

/** Does something before the first part is removed: an empty record is in the place of the state by then. */
function beforeParts({ process }: OpenStores, act: () => Promise<void>): void {
  let isFirst = true;
  const remove = process.delete.bind(process);
  process.delete = async (...given) => {
    const isNow = isFirst && given[0].sort.startsWith('part#');
    if (isNow) isFirst = false;
    if (isNow) await act();
    return remove(...given);
  };
}

describe('an erase', () => {
  it('leaves alone a state that somebody begins anew while it goes on', async () => {
    const world = create();
    await world.fill(contextId);
    const stores = world.open();
    beforeParts(stores, async () => {
      const { agentStore } = world.open();
      expect(await agentStore.load(contextId)).toBeNull();
      await agentStore.save(contextId, large);
    });
    const { complete, remaining, removed } = await eraseSession(stores, contextId);
    expect({ complete, remaining }).toMatchObject({ complete: false, remaining: { state: 1, history: 0 } });
    expect(removed).toMatchObject({ history: 1, events: 1, owner: 1 });
    expect(await world.open().agentStore.load(contextId)).toEqual(large);
    expect((await eraseSession(world.open(), contextId)).complete).toBe(true);
    expect(await world.isErased(contextId)).toBe(true);
  });

  it('leaves alone a history that somebody begins anew while it goes on', async () => {
    const world = create();
    await world.fill(contextId);
    const stores = world.open();
    let puts = 0;
    const put = stores.process.put.bind(stores.process);
    stores.process.put = async (...given) => {
      // The first is the empty head, the second takes the names from it of what has been removed.
      if (given[0].sort.startsWith('message#') && ++puts === 2) {
        const { messageStore } = world.open();
        for (let count = 0; count < 14; count++)
          await messageStore.append(contextId, createMessages(10, count));
      }
      return put(...given);
    };
    const { complete, remaining } = await eraseSession(stores, contextId);
    expect({ complete, remaining }).toMatchObject({ complete: false, remaining: { state: 0, history: 1 } });
    const stored = await world.records.get({
      partition: world.partition,
      sort: `message#${contextId}`,
    });
    expect(stored?.expiresAt).toBeUndefined();
    expect(await world.open().messageStore.getAll(contextId)).toHaveLength(140);
    expect((await eraseSession(world.open(), contextId)).complete).toBe(true);
    expect(await world.isErased(contextId)).toBe(true);
  });

  it('puts its empty record there again that a late delete has removed', async () => {
    const world = create();
    const [{ agentStore }, stores] = [world.open(), world.open()];
    await agentStore.save(contextId, large);
    beforeParts(stores, () => agentStore.delete(contextId));
    expect((await eraseSession(stores, contextId)).complete).toBe(true);
    expect(await world.keys('lease#')).toContain(`context#${contextId}`);
  });

  it('finds the parts of a late write that is killed before it is refused', async () => {
    const world = create();
    const late = world.open();
    await late.agentStore.load(contextId);
    expect((await eraseSession(world.open(), contextId)).complete).toBe(true);
    late.process.requests = late.process.sent + 2;
    await late.agentStore.save(contextId, large).catch(() => undefined);
    expect(await verifyErased(world.open(), contextId)).toMatchObject({
      complete: false,
      found: { ...nothing, stateParts: 2 },
    });
    expect((await eraseSession(world.open(), contextId)).removed).toEqual({ ...nothing, stateParts: 2 });
    expect(await world.isErased(contextId)).toBe(true);
  });

  it('tells apart the sessions of agents that a key schema puts beside each other', async () => {
    const records = new InMemoryRecordStore();
    const keySchema: KeySchema = {
      key: (ids) => ({ partition: 'all', sort: `${ids.agentId} ${ids.contextId}` }),
    };
    const [ours, theirs] = [new World(records, 4_000), new World(records, 4_000)];
    for (const world of [ours, theirs])
      await world.open(undefined, { keySchema }).agentStore.save(contextId, large);
    const receipt = await eraseSession(ours.open(undefined, { keySchema }), contextId);
    expect(receipt).toMatchObject({ complete: true, removed: { state: 1 } });
    expect(receipt.removed.stateParts).toBeGreaterThan(1);
    expect(await theirs.open(undefined, { keySchema }).agentStore.load(contextId)).toEqual(large);
  });
});
