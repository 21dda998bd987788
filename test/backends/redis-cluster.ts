import { once } from 'node:events';
import { Cluster, Redis } from 'ioredis';
import { vi } from 'vitest';
import { RedisServer } from './redis-server.js';

const slots = 16_384;
const masters = 3;
/** Which of the nodes starts with a slot. */
export function masterOf(slot: number): number {
  return Math.floor((slot * masters) / slots);
}

const patience = { timeout: 60_000, interval: 20 };

/** Three nodes on this machine that share the slots, and a replica of the first where one is asked for. */
export class RedisCluster {
  readonly nodes: readonly RedisServer[];

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
  }

  static async start({ withReplica = false } = {}): Promise<RedisCluster> {
    const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
    const starting = Array.from({ length: masters + (withReplica ? 1 : 0) }, () =>
      RedisServer.start(...options),
    );
    const cluster = new RedisCluster(await Promise.all(starting));
    const clients = cluster.nodes.map(({ url }) => new Redis(url));
    await cluster.#join(clients);
    for (const client of clients) client.disconnect();
    return cluster;
  }

  /** A client as a user would make it; who asks for it closes it. */
  async connect(options: ConstructorParameters<typeof Cluster>[1] = {}): Promise<Cluster> {
    const startupNodes = this.nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
    const client = new Cluster(startupNodes, options);
    await once(client, 'ready');
    return client;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async #join(clients: readonly Redis[]): Promise<void> {
    const [first, , , replica] = clients;
    if (first === undefined) return;
    for (const [index, client] of clients.slice(0, masters).entries()) {
      const own = Array.from({ length: slots }, (_, slot) => slot).filter((slot) => masterOf(slot) === index);
      await client.call('cluster', 'addslots', ...own);
    }
    for (const { port } of this.nodes) await first.call('cluster', 'meet', '127.0.0.1', port);
    await vi.waitFor(() => Promise.all(clients.map((client) => this.#assertJoined(client))), patience);
    if (replica === undefined) return;
    await replica.call('cluster', 'replicate', String(await first.call('cluster', 'myid')));
    await vi.waitFor(async () => {
      if (!(await replica.info('replication')).includes('master_link_status:up'))
        throw new Error('No replica.');
    }, patience);
  }

  async #assertJoined(client: Redis): Promise<void> {
    const info = String(await client.call('cluster', 'info'));
    const joined =
      info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${this.nodes.length}`);
    if (!joined) throw new Error(`The node has not joined the Cluster: ${info}`);
  }
}
