import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeldTurn, LoggedEvent, NumberedEvent } from '../../src/domain/turn-store.js';
import { done, number, say } from '../../src/testing/turns/fixtures.js';
import { type Fate, Hearing, holdTime, Process, session, World } from '../turns/world.js';
import { runs } from './options.js';

const idempotency = { key: 'key-1', hash: 'of a body' };
/** The clocks of two processes differ by four seconds at most. */
const skews = [0, 2_000, -2_000];

interface Begun {
  readonly held: HeldTurn;
  readonly process: Process;
  readonly isKeyed: boolean;
  readonly logged: LoggedEvent[];
  isOver: boolean;
  isAbandoned: boolean;
  end?: NumberedEvent;
}

/** Three processes over one backend, and what they were told. */
class Run {
  readonly world = new World();
  readonly processes: Process[];
  readonly begun: Begun[] = [];
  readonly hearings: { hearing: Hearing; process: Process }[] = [];
  readonly owners = new Set<string>();
  #turns = 0;

  constructor() {
    this.processes = skews.map((skew, index) => new Process(this.world, `p${index}`, skew));
  }

  process(index: number): Process {
    const process = this.processes[index];
    if (process === undefined) throw new RangeError(`There is no process ${index}.`);
    return process;
  }

  /** The newest turn that a process runs. */
  running(index: number): Begun | undefined {
    const process = this.process(index);
    return this.begun.findLast((turn) => turn.process === process && !turn.isOver);
  }

  restart(index: number): Promise<void> {
    const crashed = this.process(index);
    this.processes[index] = new Process(this.world, `${crashed.name}'`, skews[index]);
    return this.world.crash(crashed);
  }

  begin(index: number, isKeyed: boolean): void {
    const process = this.process(index);
    const turn = `turn-${++this.#turns}`;
    const request = { turn, holder: process.name, ...(isKeyed && { idempotency }) };
    void ignoringFailure(async () => {
      const start = await process.store.begin(session, request);
      if (start.outcome !== 'begun') return;
      this.world.watch(process, start.turn);
      const begun = { held: start.turn, process, isKeyed, logged: [], isOver: false, isAbandoned: false };
      this.begun.push(begun);
    });
  }

  end(turn: Begun): void {
    turn.isOver = true;
    turn.logged.push(done);
    void ignoringFailure(async () => {
      turn.end = await turn.held.end(done);
    });
  }

  hear(index: number, turn: string, after: number): void {
    const process = this.process(index);
    this.hearings.push({ process, hearing: new Hearing(process.store, turn, after) });
  }
}

type Step = (run: Run) => void | Promise<void>;

const process = fc.nat({ max: 2 });
const fate = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>('answer') },
  { weight: 1, arbitrary: fc.constantFrom<Fate>('fail', 'lose', 'late') },
);

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: step(answer, fc.nat({ max: 5 }), fate) },
  { weight: 10, arbitrary: step(answerAll, process) },
  { weight: 6, arbitrary: step(begin, process, fc.boolean()) },
  { weight: 6, arbitrary: step(log, process) },
  { weight: 3, arbitrary: step(end, process) },
  { weight: 1, arbitrary: step(abandon, process) },
  { weight: 2, arbitrary: step(cancel, process) },
  { weight: 3, arbitrary: step(hear, process, fc.nat({ max: 3 }), fc.nat({ max: 3 })) },
  { weight: 1, arbitrary: step(claim, process) },
  { weight: 4, arbitrary: step(pass, fc.constantFrom(300, 5_100, 9_300, 10_100, 21_000)) },
  { weight: 4, arbitrary: step(jump, fc.constantFrom(4_000, 9_300, 9_300, 25_000)) },
  { weight: 1, arbitrary: step(crash, process) },
);

describe('three processes that run the turns of one session', () => {
  holdTime();

  it('agree on who runs, what was said, how it ended and whose it is, whatever fails, is late, crashes or sleeps', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 10, maxLength: 120, size: 'max' }), async (history) => {
        const run = new Run();
        try {
          for (const step of history) await step(run);
          await finish(run);
          await expectAgreement(run);
        } catch (cause) {
          throw new Error(`This has led to a failure:\n${run.world.steps.join('\n')}`, { cause });
        }
      }),
      runs(),
    );
  });
});

function answer(at: number, fate: Fate): Step {
  return async ({ world }) => {
    const { choices } = world;
    const request = choices[at % choices.length];
    await (request === undefined ? world.settle() : world.answer(request, fate));
  };
}

/** A process alone goes on. */
function answerAll(index: number): Step {
  return async (run) => {
    const process = run.process(index);
    for (let requests = 0; requests < 20; requests++) {
      const request = run.world.choices.find((choice) => choice.process === process);
      if (request === undefined) return;
      await run.world.answer(request, 'answer');
    }
  };
}

function begin(index: number, isKeyed: boolean): Step {
  return async (run) => {
    run.begin(index, isKeyed);
    await run.world.settle();
  };
}

function log(index: number): Step {
  return async (run) => {
    const turn = run.running(index);
    if (turn === undefined) return;
    const event = say(`${turn.held.turn} ${turn.logged.length}`);
    turn.logged.push(event);
    turn.held.log(event);
    await run.world.settle();
  };
}

function end(index: number): Step {
  return async (run) => {
    const turn = run.running(index);
    if (turn !== undefined) run.end(turn);
    await run.world.settle();
  };
}

function abandon(index: number): Step {
  return async (run) => {
    const turn = run.running(index);
    if (turn === undefined || turn.logged.length > 0) return;
    turn.isOver = true;
    turn.isAbandoned = true;
    void ignoringFailure(() => turn.held.abandon());
    await run.world.settle();
  };
}

function cancel(index: number): Step {
  return async (run) => {
    void ignoringFailure(() => run.process(index).store.cancel(session));
    await run.world.settle();
  };
}

function hear(index: number, back: number, after: number): Step {
  return async (run) => {
    const turn = run.begun.at(-1 - back);
    if (turn !== undefined) run.hear(index, turn.held.turn, after);
    await run.world.settle();
  };
}

function claim(index: number): Step {
  return async (run) => {
    const { name, store } = run.process(index);
    void ignoringFailure(async () => {
      if (await store.claim(session, name)) run.owners.add(name);
    });
    await run.world.settle();
  };
}

function pass(milliseconds: number): Step {
  return ({ world }) => world.pass(milliseconds);
}

function jump(milliseconds: number): Step {
  return ({ world }) => world.jump(milliseconds);
}

function crash(index: number): Step {
  return (run) => run.restart(index);
}

/** Lets everything come to its end: requests are answered from now on, and time passes. */
async function finish(run: Run): Promise<void> {
  const { world, begun } = run;
  for (let waits = 0; waits < 8; ) {
    for (const turn of begun) if (!turn.isOver && !turn.process.isCrashed) run.end(turn);
    const [request] = world.choices;
    // Whoever only reads waits for something.
    if (request !== undefined && request.reads === undefined) waits = 0;
    if (request !== undefined) await world.answer(request, 'answer');
    else {
      waits++;
      await world.pass(7_000);
    }
  }
}

async function expectAgreement({ world, begun, hearings, owners }: Run): Promise<void> {
  for (const turn of begun.filter(({ isAbandoned }) => !isAbandoned)) {
    const log = await world.readAll(turn.held.turn);
    const last = log.at(-1);
    const said = log.slice(0, -1);
    expect(said).toEqual(number(turn.logged.slice(0, said.length)));
    expect(last).toMatchObject({ kind: expect.stringMatching(/^(task-complete|error)$/) });
    if (turn.end !== undefined) expect(last).toEqual(turn.end);
    for (const { hearing, process } of hearings.filter(({ hearing }) => hearing.turn === turn.held.turn)) {
      const rest = log.filter((item) => 'number' in item && item.number > hearing.after);
      expect(hearing.items).toEqual(hearing.isOver ? rest : rest.slice(0, hearing.items.length));
      expect(hearing.isOver || hearing.hasFailed || process.isCrashed).toBe(true);
    }
  }
  expect(begun.filter(({ isKeyed, isAbandoned }) => isKeyed && !isAbandoned).length).toBeLessThanOrEqual(1);
  expect(owners.size).toBeLessThanOrEqual(1);
  const owner = await world.openDirectly().owner(session);
  for (const name of owners) expect(name).toBe(owner);
  await world.expectEnded();
}

async function ignoringFailure(work: () => Promise<unknown>): Promise<void> {
  await work().catch(() => {});
}

/** A step of any arguments, which a failed history names. */
function step<T extends unknown[]>(
  create: (...args: T) => Step,
  ...args: { [Index in keyof T]: fc.Arbitrary<T[Index]> }
): fc.Arbitrary<Step> {
  return fc
    .tuple<T>(...args)
    .map((given) =>
      Object.assign(create(...given), { [fc.toStringMethod]: () => `${create.name}(${given.join(', ')})` }),
    );
}
