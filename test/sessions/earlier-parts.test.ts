import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InMemoryRecordStore } from '../../src/adapters/memory/index.js';
import { copySessions } from '../../src/domain/sessions/copy-sessions.js';
import { eraseSession, verifyErased } from '../../src/domain/sessions/erase-session.js';
import { pruneSessions } from '../../src/domain/sessions/prune-sessions.js';
import { fromStateText, toStateText } from '../../src/domain/values/text.js';
import { createState } from '../../src/testing/fixtures.js';
import { done, number, say } from '../../src/testing/turns/fixtures.js';
import { backendKinds } from '../property/backends.js';
import { createMessages, World } from './world.js';

const contextId = 'session-1';
const day = 86_400_000;

/** Names of parts as builds have given them that did not say in a key what the part belongs to. */
const earlierNames = { 'with the hour': '$1.$2', 'without it': '$2' } as const;

/** Gives all parts the names and keys that an earlier build would have given them. */
async function makeEarlier(world: World, name: string): Promise<void> {
  const { records, partition } = world;
  const rename = (text: string) => text.replace(/\b([0-9a-z]{4})~([\w-]{12,})/g, name);
  for (const sort of await world.keys()) {
    const record = await records.get({ partition, sort }, true);
    const data = await record?.read(1_000_000);
    if (record === null || data === undefined) continue;
    const { read: _, revision, parts, ...fields } = record;
    const text = rename(String(toStateText(data)));
    const earlier = {
      ...fields,
      revision: rename(revision),
      ...(parts !== undefined && { parts: rename(parts) }),
      updatedAt: 0,
      entityType: '',
      data: fromStateText(text),
      text,
    };
    await records.delete({ partition, sort }, null);
    await records.put({ partition, sort: rename(sort).replace(/^part#.{22}#/, 'part#') }, earlier, null);
  }
}

describe.each(backendKinds)('parts that an earlier build has written in $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());

  it.each(Object.entries(earlierNames))('are read, replaced and removed, named %s', async (_, name) => {
    const world = new World(kind.records(), kind.name.startsWith('Redis') ? undefined : 4_000);
    await world.fill(contextId);
    const { messageStore } = world.open();
    for (let count = 14; count < 60; count++) await messageStore.append(contextId, createMessages(10, count));
    const before = await readSession(world);
    const { found } = await verifyErased(world.open(), contextId);
    await makeEarlier(world, name);
    const parts = (await world.keys()).filter((sort) => sort.startsWith('part#'));
    expect(parts.filter((sort) => !/^part#(?:[0-9a-z]{4}\.)?[\w-]+$/.test(sort))).toEqual([]);
    expect(parts.length).toBeGreaterThan(20);
    expect(await readSession(world)).toEqual(before);
    expect((await verifyErased(world.open(), contextId)).found).toEqual(found);

    const { agentStore, messageStore: later } = world.open();
    await later.append(contextId, createMessages(100, 60));
    expect((await later.getAll(contextId)).slice(0, 600)).toEqual(before.messages);
    await agentStore.load(contextId);
    for (const turn of [2, 3]) await agentStore.save(contextId, createState(turn));
    const target = new World(new InMemoryRecordStore(), 4_000);
    Object.assign(target, { agentId: world.agentId, partition: world.partition });
    expect(await copySessions(world.open(), target.open())).toMatchObject({ complete: true });
    expect(await target.open().messageStore.getAll(contextId)).toEqual(await later.getAll(contextId));
    expect((await world.keys()).filter((sort) => parts.includes(sort)).length).toBeGreaterThan(20);

    world.clock.advance(2 * day);
    const { orphanedParts } = await pruneSessions(world.open(), { olderThan: new Date(0), dryRun: false });
    expect(orphanedParts).toBe(0);
    expect(await later.getCount(contextId)).toBe(700);
    expect(await eraseSession(world.open(), contextId)).toMatchObject({ complete: true });
    expect(await world.isErased(contextId)).toBe(true);
  });

  it('without anything that names them are removed by a prune', async () => {
    const world = new World(kind.records());
    const orphan = { revision: 'r', updatedAt: 0, entityType: '', data: null, text: 'null' };
    for (const sort of ['part#0000.x-0', 'part#0000.y-0'])
      await world.records.put({ partition: world.partition, sort }, orphan, null);
    await world.open().agentStore.save(contextId, createState(1));
    expect((await eraseSession(world.open(), contextId)).found.stateParts).toBe(0);
    const { orphanedParts } = await pruneSessions(world.open(), { olderThan: new Date(0), dryRun: false });
    expect(orphanedParts).toBe(2);
    expect(await world.keys('lease#', 'context#', 'message#')).toEqual([]);
  });
});

async function readSession(world: World) {
  const { agentStore, messageStore, turnStore } = world.open();
  const events = [];
  for await (const event of turnStore.read(contextId, 'turn-1', 0)) events.push(event);
  expect(events).toEqual(number([say('y'.repeat(9_000)), done]));
  return { state: await agentStore.load(contextId), messages: await messageStore.getAll(contextId) };
}
