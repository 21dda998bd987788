import { describe, expect, it } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import type { KeySchema } from '../../src/domain/key-schema.js';
import { eraseSession, verifyErased } from '../../src/domain/sessions/erase-session.js';
import { createState } from '../../src/testing/fixtures.js';
import { nothing, World } from './world.js';

const contextId = 'session-1';
const large = createState(2, { metadata: { text: 'x'.repeat(9_000) } });
const create = () => new World(new InMemoryRecordStore(), 4_000);

describe('an erase', () => {
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
