import type { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RedisAgentStore } from '../../src/adapters/redis/index.js';
import { createState } from '../../src/testing/fixtures.js';
import { RedisCluster } from '../backends/redis-cluster.js';
import { connect, openStore } from './fixtures.js';

const patience = { timeout: 60_000, interval: 20 };
const unavailable = { code: 'UNAVAILABLE', cause: expect.any(Error) };

async function connectTo(
  cluster: RedisCluster,
  options: Parameters<RedisCluster['connect']>[0] = {},
): Promise<Cluster> {
  const client = await cluster.connect(options);
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

async function startCluster(options: Parameters<typeof RedisCluster.start>[0] = {}): Promise<RedisCluster> {
  const cluster = await RedisCluster.start(options);
  onTestFinished(() => cluster.stop());
  return cluster;
}

async function turnsOf(store: RedisAgentStore, contextId: string): Promise<number | null> {
  return (await store.load(contextId))?.turnCount ?? null;
}

describe('a Cluster', () => {
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
  });
  afterAll(() => cluster.stop());

  it.each([
    ['agent', ''],
    ['{agent}', ''],
    ['agent', '{tenant}'],
  ])(
    'has the sessions of one agent on every node, in as many slots: %s, %s',
    async (agentId, agentKeyPrefix) => {
      const client = await connectTo(cluster);
      await Promise.all(client.nodes('master').map((node) => node.flushall()));
      const store = openStore({ client, agentId, agentKeyPrefix });
      const contextIds = Array.from({ length: 60 }, (_, index) => `{session}-${index}`);
      await Promise.all(contextIds.map((contextId) => store.save(contextId, createState(1))));
      const keys = await Promise.all(client.nodes('master').map((node) => node.keys('*')));
      for (const held of keys) expect(held.length).toBeGreaterThan(5);
      const slots = await Promise.all(keys.flat().map((key) => client.cluster('KEYSLOT', key)));
      expect(new Set(slots).size).toBeGreaterThan(50);
    },
  );

  it.each([
    ['a prefix', { keyPrefix: 'app:' }],
    ['commands pipelined by themselves', { enableAutoPipelining: true }],
    ['both', { keyPrefix: 'app:', enableAutoPipelining: true }],
  ])('takes a client configured as users do: %s', async (name, options) => {
    const client = await connectTo(cluster, options);
    const store = openStore({ client, agentId: name });
    const contextIds = Array.from({ length: 20 }, (_, index) => `session-${index}`);
    for (const turn of [1, 2]) {
      await Promise.all(contextIds.map((contextId) => store.save(contextId, createState(turn))));
    }
    const fresh = openStore({ client, agentId: name });
    expect(await Promise.all(contextIds.map((contextId) => turnsOf(fresh, contextId)))).toEqual(
      contextIds.map(() => 2),
    );
    await expect(
      openStore({ client, agentId: name }).save('session-1', createState(3)),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
      current: { turnCount: 2 },
    });
  });

  it('asks for a Cluster where it is given a client of one node', async () => {
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('There is no node.');
    const store = openStore({ client: connect(node) });
    const calls = Array.from({ length: 30 }, (_, index) => store.peek(`session-${index}`));
    const outcomes = await Promise.allSettled(calls);
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(reasons.length).toBeGreaterThan(5);
    for (const reason of reasons) {
      expect(reason).toMatchObject({
        code: 'CONFIGURATION',
        message: expect.stringContaining('a Cluster of ioredis'),
        cause: { message: expect.stringMatching(/^MOVED /) },
      });
    }
  });

  it('takes every save while the slot of the sessions moves to another node, and afterwards', async () => {
    // The prefix has a hash tag, so that all sessions are in the slot that moves.
    const options = { keyPrefix: '{moving}:' };
    const [client, stale] = [await connectTo(cluster, options), await connectTo(cluster, options)];
    const store = openStore({ client, agentId: 'moved' });
    const settled = openStore({ client: stale, agentId: 'moved' });
    await settled.save('settled', createState(1));
    const slot = Number(await client.cluster('KEYSLOT', '{moving}'));
    const { source, target } = await findNodes(client, slot);
    const savers = [keepSaving(store), keepCreating(store)];
    for (const step of stepsOfMove(client, slot, source, target)) {
      await step();
      // In every phase of the move something is saved.
      await Promise.all(savers.map((saver) => saver.next()));
    }
    const saved = await Promise.all(savers.map((saver) => saver.stop()));
    const fresh = openStore({ client: stale, agentId: 'moved' });
    expect(await turnsOf(fresh, 'kept')).toBe(saved[0]);
    for (let created = 1; created <= (saved[1] ?? 0); created++) {
      expect(await turnsOf(fresh, `created-${created}`)).toBe(created);
    }
    // It has seen the move in no answer yet, and the node has not seen the script from it.
    await settled.save('settled', createState(2));
    expect(await target.call('cluster', 'countkeysinslot', slot)).toBe((saved[1] ?? 0) + 2);
  });

  it('is unavailable where nobody serves a slot, and works again when somebody does', async () => {
    const client = await connectTo(cluster, { keyPrefix: '{lost}:', maxRedirections: 2 });
    const store = openStore({ client });
    await store.save('session', createState(1));
    const slot = Number(await client.cluster('KEYSLOT', '{lost}'));
    const { source } = await findNodes(client, slot);
    await source.call('cluster', 'delslots', slot);
    await expect(store.load('session')).rejects.toMatchObject(unavailable);
    await source.call('cluster', 'addslots', slot);
    await vi.waitFor(() => store.load('session'), patience);
    await vi.waitFor(() => store.save('session', createState(2)), patience);
  });
});

describe('a Cluster that fails', () => {
  it('goes on with the replica of a node that is killed', async () => {
    const cluster = await startCluster({ withReplica: true });
    const client = await connectTo(cluster);
    const store = openStore({ client });
    const [first] = cluster.nodes;
    const contextId = await findSession(client, first?.port);
    await store.save(contextId, createState(1));
    const node = client.nodes('master').find(({ options }) => options.port === first?.port);
    expect(await node?.wait(1, 60_000)).toBe(1);
    await first?.kill();
    await vi.waitFor(() => store.save(contextId, createState(2)), patience);
    expect(await turnsOf(openStore({ client }), contextId)).toBe(2);
  });

  it('fails every call in time while it is down, and works again with the same store', async () => {
    const cluster = await startCluster();
    const client = await connectTo(cluster, { redisOptions: { commandTimeout: 300 } });
    const store = openStore({ client });
    await vi.waitFor(() => store.save('session', createState(1)), patience);
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    for (const contextId of ['session', 'other']) {
      const calls = [
        store.load(contextId),
        store.peek(contextId),
        store.save(`new-${contextId}`, createState(1)),
        store.delete(`old-${contextId}`),
      ];
      for (const outcome of await Promise.allSettled(calls))
        expect(outcome).toMatchObject({ reason: unavailable });
    }
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await vi.waitFor(async () => expect(await store.load('session')).toBe(null), patience);
    await vi.waitFor(() => store.save('session', createState(1)), patience);
  });
});

/** A save after another of one session, each of which must succeed. */
class Saver {
  readonly #save: (turn: number) => Promise<void>;
  readonly #saving: Promise<void>;
  #turn = 0;
  #isStopped = false;

  constructor(save: (turn: number) => Promise<void>) {
    this.#save = save;
    this.#saving = this.#run();
  }

  /** Waits until two more saves have ended, one of which was begun after the call. */
  async next(): Promise<void> {
    const turn = this.#turn;
    await Promise.race([
      this.#saving,
      vi.waitFor(() => expect(this.#turn).toBeGreaterThan(turn + 1), patience),
    ]);
  }

  /** Ends it and says how often it has saved. */
  async stop(): Promise<number> {
    this.#isStopped = true;
    await this.#saving;
    return this.#turn;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#save(this.#turn + 1);
      this.#turn++;
    }
  }
}

function keepSaving(store: RedisAgentStore): Saver {
  return new Saver((turn) => store.save('kept', createState(turn)));
}

function keepCreating(store: RedisAgentStore): Saver {
  return new Saver((turn) => store.save(`created-${turn}`, createState(turn)));
}

/** The port of the node that serves a slot. */
async function portOf(client: Cluster, slot: number): Promise<number | undefined> {
  const served = (await client.cluster('SLOTS')).find(([start, end]) => start <= slot && slot <= end);
  return served?.[2]?.[1];
}

/** The node that serves a slot, and one that does not. */
async function findNodes(client: Cluster, slot: number): Promise<{ source: Redis; target: Redis }> {
  const nodes = client.nodes('master');
  const port = await portOf(client, slot);
  const source = nodes.find(({ options }) => options.port === port);
  const target = nodes.find((node) => node !== source);
  if (source === undefined || target === undefined) throw new Error('The slot is not served.');
  return { source, target };
}

/** A session that a node serves. */
async function findSession(client: Cluster, port: number | undefined): Promise<string> {
  for (let index = 0; ; index++) {
    const slot = await client.cluster('KEYSLOT', `agent#agent:context#session-${index}`);
    if ((await portOf(client, slot)) === port) return `session-${index}`;
  }
}

/** Moves a slot with all its keys, as resharding does. */
function stepsOfMove(
  client: Cluster,
  slot: number,
  source: Redis,
  target: Redis,
): (() => Promise<unknown>)[] {
  const setSlot = async (node: Redis, state: string, about: Redis) =>
    node.call('cluster', 'setslot', slot, state, String(await about.call('cluster', 'myid')));
  const moveKeys = async (count: number) => {
    const keys = (await source.call('cluster', 'getkeysinslot', slot, count)) as string[];
    if (keys.length > 0)
      await source.call('migrate', '127.0.0.1', Number(target.options.port), '', 0, 5_000, 'KEYS', ...keys);
    return keys.length;
  };
  return [
    () => setSlot(target, 'importing', source),
    () => setSlot(source, 'migrating', target),
    () => moveKeys(1),
    () => moveKeys(1),
    async () => {
      while ((await moveKeys(100)) > 0);
    },
    () => setSlot(target, 'node', target),
    () => setSlot(source, 'node', target),
    () => Promise.all(client.nodes('master').map((node) => setSlot(node, 'node', target))),
  ];
}
