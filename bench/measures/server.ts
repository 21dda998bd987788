import type { Samples } from '../alternate.js';
import { ratioOf, summarizeAll } from '../alternate.js';
import { drive, roundMs } from '../drive.js';
import { measureOldGeneration } from '../old-generation.js';
import { isQuick, limitProcesses, limitRounds } from '../quick.js';
import type { Comparison, MeasureResult, Table, Target } from '../results.js';
import { startTurnServer, type TurnServer } from '../servers/start-turn-server.js';
import { exactly, quantile } from '../statistics.js';
import { TurnClient } from '../turn-client.js';

const names = ['ours', 'bedrock-agentcore', 'node:http', ...(isQuick ? [] : ['Hono'])];
const concurrencies = isQuick ? [32] : [1, 32, 256];
/** Servers of one build differ by a tenth from process to process, so each is started several times. */
const processes = limitProcesses(3);
/** Until the engine has compiled what a turn does. */
const warmUpRounds = isQuick ? 2 : 10;
const roundsEach = limitRounds(5);
const idleSessions = 4_000;

/** By number, in one list entry a round. */
type Found = Record<'rate' | 'p50' | 'p99' | 'firstEvent', Record<string, number[]>>;

export function measureServer(): Promise<MeasureResult> {
  return measureServerOn(process.execPath);
}

/**
 * @param execPath - The Node that the servers run on.
 * @param timesAws - How many times the turns of AWS's server ours should make.
 */
export async function measureServerOn(execPath: string, timesAws = 1.5): Promise<MeasureResult> {
  const found = new Map(concurrencies.map((sessions) => [sessions, createFound()]));
  for (let index = 0; index < processes; index++) {
    const servers = await Promise.all(names.map((name) => startTurnServer(name, execPath)));
    for (let round = 0; round < warmUpRounds; round++) for (const server of servers) await drive(server, 32);
    for (const [sessions, lists] of found) await compareAt(sessions, servers, roundsEach, lists);
    for (const server of servers) server.stop();
  }
  const rates: Comparison[] = [];
  const times: Comparison[] = [];
  for (const [sessions, { rate, p50, p99, firstEvent }] of found) {
    const label = `${sessions} session${sessions === 1 ? '' : 's'}`;
    const atLeast = sessions === 32 ? { atLeast: timesAws } : undefined;
    rates.push(toComparison(`${label}, against AWS's`, rate, 'bedrock-agentcore', atLeast));
    rates.push(toComparison(`${label}, against node:http`, rate, 'node:http', { atLeast: 0.75 }));
    times.push(toComparison(`${label}, p50`, p50, 'bedrock-agentcore'));
    times.push(toComparison(`${label}, p99`, p99, 'bedrock-agentcore', { atMost: 1 }));
    times.push(toComparison(`${label}, first event`, firstEvent, 'bedrock-agentcore'));
  }
  return {
    title: 'The server',
    about: `Turns of 20 events, which the agent emits at once, one after another on each of so many connections, each connection a session that has had its first turn before; the requests name the session and themselves, as those of the platform do. The rivals stream the same events: \`bedrock-agentcore\` is AWS's own server, on Fastify; \`node:http\` is a bare handler that makes one write per event and keeps no session; Hono is its \`streamSSE\`. Each server is a process of its own, ${processes} of each one after another; it has run for some seconds before, and logs nothing.`,
    tables: [
      { title: 'Throughput', unit: 'turns a second', ratioOf: 'ours / the rival named', comparisons: rates },
      { title: 'Time of a turn', unit: 'ms', ratioOf: "ours / AWS's", comparisons: times },
      ...(isQuick ? [] : [await measureIdleMemory(execPath), await measureOldGeneration(execPath)]),
    ],
  };
}

function toComparison(label: string, samples: Samples, rival: string, target?: Target): Comparison {
  const ratio = ratioOf(samples, 'ours', rival);
  return { label, values: summarizeAll(samples), ratio, ...(target && { target }) };
}

function createFound(): Found {
  return { rate: {}, p50: {}, p99: {}, firstEvent: {} };
}

/** Drives the servers in turn, with so many sessions at once, and adds what it finds. */
export async function compareAt(
  sessions: number,
  servers: readonly TurnServer[],
  rounds: number,
  found = createFound(),
): Promise<Found> {
  // The first round warms up.
  for (let round = -1; round < rounds; round++) {
    for (const server of servers) {
      const { turns, inTime } = await drive(server, sessions);
      if (round === -1) continue;
      const wholes = turns.map(({ whole }) => whole).sort((one, other) => one - other);
      const firsts = turns.map(({ firstEvent }) => firstEvent).sort((one, other) => one - other);
      add(found.rate, server.name, inTime / (roundMs / 1_000));
      add(found.p50, server.name, quantile(wholes, 0.5));
      add(found.p99, server.name, quantile(wholes, 0.99));
      add(found.firstEvent, server.name, quantile(firsts, 0.5));
    }
  }
  return found;
}

function add(lists: Record<string, number[]>, name: string, value: number): void {
  lists[name] = [...(lists[name] ?? []), value];
}

async function measureIdleMemory(execPath: string): Promise<Table> {
  const server = await startTurnServer('ours', execPath);
  const clients = Array.from(
    { length: idleSessions },
    () => new TurnClient(server.port, crypto.randomUUID()),
  );
  await clients[0]?.runTurn();
  const before = await server.heapUsed();
  for (const client of clients.slice(1)) await client.runTurn();
  const after = await server.heapUsed();
  for (const client of clients) client.close();
  server.stop();
  const bytes = (after - before) / (idleSessions - 1);
  return {
    title: 'Memory of an idle session',
    unit: 'bytes of heap, its agent with a state of 0.3 KB and its open connection included',
    comparisons: [{ label: `${idleSessions} sessions`, values: { ours: exactly(bytes) } }],
  };
}
