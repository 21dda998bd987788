import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { RedisMessageStore } from '../../src/adapters/redis/index.js';
import { RedisServer } from '../backends/redis-server.js';
import { toMessage, turnLength } from './numbered-messages.js';

const turns = 200;
const kills = 100;

let folder: string;
let script: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'killed-'));
  script = join(folder, 'turns-child.cjs');
  // Once, since a hundred processes run it. A file of CommonJS has no `await` at its top.
  const source = fileURLToPath(new URL('./turns-child.ts', import.meta.url));
  await build({ entryPoints: [source], outfile: script, bundle: true, platform: 'node', logLevel: 'error' });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the conversation on up to a turn, or until so many messages are stored, when it is killed in the middle of the next one. */
async function run(url: string, turns: number, messages: number): Promise<number[]> {
  const child = fork(script, [url, String(turns)]);
  const told: number[] = [];
  child.on('message', (number) => {
    told.push(Number(number));
    if (told.length === messages) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return told;
}

it('a conversation of 200 turns that is killed 100 times lacks no message that was stored, and has none twice', async () => {
  const server = await RedisServer.start();
  onTestFinished(() => server.stop());
  const stored = new Set<number>();
  const perRun = Math.floor((turns * turnLength) / (kills + 1)) - 1;
  const never = Number.POSITIVE_INFINITY;
  for (let kill = 0; kill < kills; kill++) {
    // Killed on another message of a turn each time.
    const told = await run(server.url, never, perRun + (kill % 3));
    expect(told.length).toBeGreaterThan(0);
    for (const number of told) {
      expect(stored.has(number)).toBe(false);
      stored.add(number);
    }
  }
  for (const number of await run(server.url, turns, never)) stored.add(number);
  const store = new RedisMessageStore({ agentId: 'agent', url: server.url });
  onTestFinished(() => store.close());
  // How many more it has than were told of depends on how fast a process dies.
  const count = await store.getCount('session');
  expect(count).toBeGreaterThanOrEqual(turns * turnLength);
  const expected = Array.from({ length: count }, (_, number) => toMessage(number));
  expect(await store.getRange('session', 0, expected.length + 1)).toMatchObject(expected);
  expect(await store.getAll('session')).toMatchObject(expected);
  for (const number of stored) expect(number).toBeLessThan(expected.length);
});
