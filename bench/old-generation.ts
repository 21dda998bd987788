import { drive } from './drive.js';
import type { Table } from './results.js';
import { startTurnServer, type TurnServer } from './servers/start-turn-server.js';
import { type Summary, summarize } from './statistics.js';

const processes = 4;
/** Until the engine has compiled what a turn does, and the first objects have grown old. */
const warmUpRounds = 10;
const rounds = 7;
const sessions = 32;

/**
 * What turns that are over leave in the old generation of the garbage collector, where they stay until it looks at all of memory.
 * In several processes, since V8 decides in each anew what it allocates there.
 */
export async function measureOldGeneration(execPath: string): Promise<Table> {
  const found: Record<string, Summary> = {};
  for (const name of ['ours', 'node:http']) {
    const medians: number[] = [];
    for (let index = 0; index < processes; index++) medians.push(await measureProcess(name, execPath));
    found[name] = summarize(medians);
    found[`${name}, the most of ${processes}`] = summarize([Math.max(...medians)]);
  }
  return {
    title: 'What a turn leaves in the old generation',
    unit: 'bytes a turn, of heap',
    comparisons: [{ label: `${sessions} sessions`, values: found }],
    note: `In ${processes} processes of each, after ${warmUpRounds} rounds: the growth of V8's old space over a round, without a full collection. What is there stays until the next one.`,
  };
}

async function measureProcess(name: string, execPath: string): Promise<number> {
  const server = await startTurnServer(name, execPath);
  for (let round = 0; round < warmUpRounds; round++) await drive(server, sessions);
  const bytes: number[] = [];
  for (let round = 0; round < rounds; round++) bytes.push(await growthOf(server));
  server.stop();
  return summarize(bytes).median;
}

async function growthOf(server: TurnServer): Promise<number> {
  const before = await server.oldSpaceUsed();
  const { turns } = await drive(server, sessions);
  return ((await server.oldSpaceUsed()) - before) / turns.length;
}
