import { describe, expect, it } from 'vitest';
import type { LoggedEvent, NumberedEvent } from '../../src/domain/turn-store.js';
import { done, say } from '../../src/testing/turns/fixtures.js';
import { runs } from '../property/options.js';
import { expiryMs, Hearing, holdTime, Process, session, World } from './world.js';

const { numRuns = 0 } = runs();
/** How much goes wrong in one history, besides the order of the requests. */
const maxTroubles = numRuns > 1_000 ? 2 : 1;
/** All histories are some 30,000 if one thing goes wrong in each; the unit tests walk through the first of them. */
const maxHistories = numRuns > 1_000 ? numRuns * 40 : Math.min(numRuns * 40, 4_000);

/** By so much are their clocks apart. */
const skewMs = 4_000;

const stopped: LoggedEvent = { kind: 'error', data: '{"code":"CANCELLED"}' };
const idempotency = { key: 'key-1', hash: 'of a body' };

/** What became of the turns of one history. */
class Outcome {
  readonly begun: string[] = [];
  readonly ended = new Map<string, NumberedEvent>();
  readonly hearings: Hearing[] = [];
  tellStart = () => {};
  /** Resolves when a turn has begun, or has failed to. */
  readonly started = new Promise<void>((resolve) => {
    this.tellStart = resolve;
  });
}

type Script = (process: Process, world: World, outcome: Outcome) => Promise<void>;

/** Begins a turn, says something, and ends the turn. One that is the repeat of another is heard instead. */
function run(turn: string, { isKeyed = false, isUntilStopped = false } = {}): Script {
  return async (process, world, outcome) => {
    const { name, store } = process;
    const start = await store
      .begin(session, { turn, holder: name, ...(isKeyed && { idempotency }) })
      .finally(() => outcome.tellStart());
    if (start.outcome === 'repeated') outcome.hearings.push(new Hearing(store, start.turn));
    if (start.outcome !== 'begun') return;
    outcome.begun.push(turn);
    world.watch(process, start.turn);
    if (isUntilStopped) await new Promise((resolve) => start.turn.onStop(resolve));
    else start.turn.log(say(turn));
    outcome.ended.set(turn, await start.turn.end(isUntilStopped ? stopped : done));
  };
}

const cancel: Script = async ({ store }, { crashed }, { started }) => {
  await Promise.race([started, crashed]);
  await store.cancel(session);
};

function hear(turn: string): Script {
  return async ({ store }, _, { hearings }) => {
    hearings.push(new Hearing(store, turn));
  };
}

/** One history: at each step, the choice that is given, or the first. Gives how many choices there were at each. */
async function follow(world: World, scripts: readonly Script[], given: readonly number[]): Promise<number[]> {
  const outcome = new Outcome();
  const runs = scripts.map((script, index) => ({
    script,
    process: new Process(world, `p${index}`, index * skewMs),
  }));
  const processes = runs.map(({ process }) => process);
  const unfinished = new Set(processes);
  for (const { script, process } of runs) {
    const finish = () => unfinished.delete(process);
    script(process, world, outcome).then(finish, finish);
  }
  await world.settle();
  const widths: number[] = [];
  let troubles = maxTroubles;
  let waits = 0;
  while (waits < 12) {
    const choices = world.choices.filter((request) => !world.isRedundant(request));
    if (choices.length < world.choices.length && choices.length === 0) return widths;
    if (choices.length === 0) {
      waits++;
      await world.pass(7_000);
      continue;
    }
    const steps = [
      ...choices.map((request) => () => world.answer(request, 'answer')),
      ...(troubles > 0 ? findTroubles(world, choices, processes) : []),
    ];
    const choice = given[widths.length] ?? 0;
    widths.push(steps.length);
    if (choice >= choices.length) troubles--;
    await steps[choice]?.();
  }
  const crashed = processes.filter(({ isCrashed }) => isCrashed);
  expect(unfinished.size).toBeLessThanOrEqual(crashed.length);
  await expectAgreement(world, outcome, crashed);
  return widths;
}

/** What can go wrong next. */
function findTroubles(
  world: World,
  choices: World['choices'],
  processes: readonly Process[],
): (() => Promise<void>)[] {
  const writes = choices.filter(({ reads, isLate }) => reads === undefined && !isLate);
  return [
    ...writes.map((request) => () => world.answer(request, 'lose')),
    ...writes.map((request) => () => world.answer(request, 'late')),
    ...processes.filter(({ isCrashed }) => !isCrashed).map((process) => () => world.crash(process)),
    () => world.jump(expiryMs),
    // A holder still goes on, if only just.
    () => world.jump(9_300),
    () => world.pass(5_000),
  ];
}

/** What everybody must agree on. */
async function expectAgreement(
  world: World,
  { begun, ended, hearings }: Outcome,
  crashed: readonly Process[],
): Promise<void> {
  for (const turn of begun) {
    const log = await world.readAll(turn);
    const events = log.filter((item) => 'kind' in item);
    expect(log).toEqual(events);
    expect(events.map(({ kind }) => kind).filter((kind) => kind !== 'content-delta')).toHaveLength(1);
    expect(log.at(-1)).toEqual(ended.get(turn) ?? log.at(-1));
    for (const { items, isOver } of hearings.filter((hearing) => hearing.turn === turn)) {
      // Otherwise it has come before the turn had begun.
      if (items[0] === undefined || !('lost' in items[0]))
        expect(items).toEqual(isOver ? log : log.slice(0, items.length));
    }
  }
  if (crashed.length === 0) expect(hearings.every(({ isOver }) => isOver)).toBe(true);
  expect(begun.filter((turn) => turn.startsWith('keyed')).length).toBeLessThanOrEqual(1);
  await world.expectEnded();
}

/** Every history, in the order of its choices. */
async function explore(scripts: readonly Script[]): Promise<number> {
  let given: number[] = [];
  for (let histories = 1; histories < maxHistories; histories++) {
    const world = new World();
    const widths = await follow(world, scripts, given).catch((cause) => {
      throw new Error(`This has led to a failure:\n${world.steps.join('\n')}`, { cause });
    });
    const taken = widths.map((_, depth) => given[depth] ?? 0);
    const last = widths.findLastIndex((width, depth) => (taken[depth] ?? 0) + 1 < width);
    if (last === -1) return histories;
    given = [...taken.slice(0, last), (taken[last] ?? 0) + 1];
  }
  return maxHistories;
}

describe('in every history of two processes, with a crash, a lost answer or a suspension at any step,', () => {
  holdTime();

  it.each<[string, readonly Script[]]>([
    ['two turns run one after the other', [run('a'), run('b')]],
    ['a turn that is cancelled has one end', [run('a', { isUntilStopped: true }), cancel]],
    [
      'a request that is made twice runs once',
      [run('keyed-a', { isKeyed: true }), run('keyed-b', { isKeyed: true })],
    ],
    ['a log is heard as it is', [run('a'), hear('a')]],
  ])('%s, and the session is free in the end', async (_, scripts) => {
    expect(await explore(scripts)).toBeGreaterThan(500);
  });
});
