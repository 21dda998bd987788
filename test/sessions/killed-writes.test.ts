import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eraseSession, verifyErased } from '../../src/domain/sessions/erase-session.js';
import { pruneSessions } from '../../src/domain/sessions/prune-sessions.js';
import { toStateText } from '../../src/domain/values/text.js';
import { createState } from '../../src/testing/fixtures.js';
import { begin, done, say } from '../../src/testing/turns/fixtures.js';
import { type BackendKind, backendKinds } from '../property/backends.js';
import { createMessages, type OpenStores, World } from './world.js';

const contextId = 'session-1';
const secret = 'secret ';
const large = createState(2, { metadata: { text: secret.repeat(2_000) } });
const day = 86_400_000;

const createWorld = (kind: BackendKind) =>
  // Redis keeps whatever it is given in one record.
  new World(kind.records(), kind.name.startsWith('Redis') ? undefined : 4_000);

/** What writes something large, after what comes before it. */
const writes: Readonly<Record<string, (stores: OpenStores, id: string) => Promise<() => Promise<unknown>>>> =
  {
    'the first save': async ({ agentStore }, id) => {
      return () => agentStore.save(id, large);
    },
    'a save over another one': async ({ agentStore }, id) => {
      await agentStore.save(id, { ...large, turnCount: 1 });
      return () => agentStore.save(id, large);
    },
    'a delete': async ({ agentStore }, id) => {
      await agentStore.save(id, large);
      return () => agentStore.delete(id);
    },
    'an append': async ({ messageStore }, id) => {
      await messageStore.append(id, createMessages(60));
      return () => messageStore.append(id, [{ role: 'user', content: secret.repeat(2_000) }]);
    },
    'a clear': async ({ messageStore }, id) => {
      for (let count = 0; count < 3; count++)
        await messageStore.append(id, [{ role: 'user', content: secret.repeat(800) }]);
      return () => messageStore.clear(id);
    },
    'an event': async ({ turnStore }, id) => {
      const turn = await begin(turnStore, 'turn-1', undefined, id);
      turn.log(say(secret.repeat(2_000)));
      return () => turn.end(done);
    },
  };

/** Kills a write once it has sent so many requests. True if it was not over by then. */
async function kill(world: World, name: string, requests: number, id = contextId): Promise<boolean> {
  const stores = world.open();
  const write = await writes[name]?.(stores, id);
  stores.process.requests = stores.process.sent + requests;
  const isKilled = await write?.().then(
    () => false,
    () => true,
  );
  // The lease of a process that has vanished is over.
  world.clock.advance(3_600_000);
  return isKilled ?? false;
}

/** Everything that is stored, as text. */
async function readEverything(world: World): Promise<string> {
  const texts = (await world.keys()).map(async (sort) => {
    const record = await world.records.get({ partition: world.partition, sort }, true);
    return `${sort} ${record?.parts} ${toStateText((await record?.read(1_000_000)) ?? null)}`;
  });
  return (await Promise.all(texts)).join('\n');
}

/** How many parts nothing names, as a prune says a day later. */
async function countOrphans(world: World): Promise<number> {
  const later = day + 3_600_000;
  world.clock.advance(later);
  const { orphanedParts } = await pruneSessions(world.open(), { olderThan: new Date(0) });
  world.clock.advance(-later);
  return orphanedParts ?? 0;
}

describe.each(backendKinds)('an erase after a killed write in $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());

  it.each(Object.keys(writes))('leaves nothing of what was written: %s', async (name) => {
    let orphans = 0;
    for (let requests = 0, isKilled = true; isKilled; requests++) {
      const world = createWorld(kind);
      isKilled = await kill(world, name, requests);
      orphans += await countOrphans(world);
      const before = await verifyErased(world.open(), contextId);
      expect(before.complete).toBe((await world.keys('lease#')).length === 0);
      expect(await eraseSession(world.open(), contextId)).toMatchObject({
        complete: true,
        found: before.found,
        removed: before.found,
      });
      expect(await readEverything(world)).not.toContain(secret);
      expect(await world.isErased(contextId)).toBe(true);
    }
    // What is removed by several requests is named until the last of them.
    const isWritten = name !== 'a delete' && name !== 'a clear';
    if (name === 'an append' || !kind.name.startsWith('Redis')) expect(orphans > 0).toBe(isWritten);
  });

  it('touches no other session, whatever the ids', async () => {
    const world = createWorld(kind);
    const longest = kind.name === 'DynamoDB' ? 980 : 2_000;
    const ids = ['a', 'a#b', 'ab', 'a#', '#a', 'ä🦜', 'context#a', 'x'.repeat(longest)];
    for (const id of ids) {
      await world.fill(id);
      for (const [at, name] of Object.keys(writes).entries())
        await kill(world, name, 2, name === 'an event' ? id : `${id}-${at}`);
      await kill(world, 'an append', 1, id);
    }
    const all = (await world.keys()).length;
    expect(all).toBeGreaterThan(50);
    for (const [at, id] of ids.entries()) {
      const others = ids.slice(at + 1);
      const before = await Promise.all(others.map((other) => verifyErased(world.open(), other)));
      expect((await eraseSession(world.open(), id)).complete).toBe(true);
      const after = await Promise.all(others.map((other) => verifyErased(world.open(), other)));
      expect(after.map(({ found }) => found)).toEqual(before.map(({ found }) => found));
      for (const other of others) {
        const { agentStore, messageStore } = world.open();
        expect((await agentStore.load(other))?.turnCount).toBe(1);
        expect((await messageStore.getAll(other)).length).toBeGreaterThan(140);
      }
    }
  });
});
