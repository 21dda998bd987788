import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentStore } from '../../src/domain/agent-store.js';
import { isAgentStoreError } from '../../src/domain/errors.js';
import { createState } from '../../src/testing/fixtures.js';
import type { ContractBackend } from '../../src/testing/index.js';
import { backendKinds } from './backends.js';
import { runs } from './options.js';
import { SessionModel, timeToLive } from './session-model.js';

type Fault = 'none' | 'fail' | 'lose' | 'repeat';

/** The second request of a deletion is the one that removes. */
type DeleteFault = Fault | 'fail-second' | 'lose-second';

/** Two sessions; the third instance remembers one of them at a time. */
const sessions = ['session-1', 'session-2'] as const;
const memoryLimits = [10, 10, 1];

/** The stores under test, one an instance, over one backend. */
class Instances {
  readonly backend: ContractBackend;
  readonly model: SessionModel;
  readonly #stores: AgentStore[];

  constructor(backend: ContractBackend, model: SessionModel) {
    this.backend = backend;
    this.model = model;
    this.#stores = memoryLimits.map((_, instance) => this.#open(instance));
  }

  store(instance: number): AgentStore {
    const store = this.#stores[instance];
    if (store === undefined) throw new RangeError(`There is no instance ${instance}.`);
    return store;
  }

  restart(instance: number): void {
    this.#stores[instance] = this.#open(instance);
    this.model.restart(instance);
  }

  /** A store that has seen nothing. */
  openRival(): AgentStore {
    return this.#open(0);
  }

  order(fault: Fault): void {
    if (fault === 'fail') this.backend.faults.failNext();
    if (fault === 'lose') this.backend.faults.loseNextAnswer();
    if (fault === 'repeat') this.backend.faults.repeatNext();
  }

  #open(instance: number): AgentStore {
    return this.backend.open({
      agentId: 'agent',
      ttlSeconds: timeToLive / 1_000,
      maxTrackedContexts: memoryLimits[instance] ?? 1,
      now: () => this.model.time,
    });
  }
}

type Step = (instances: Instances) => Promise<void>;

const instance = fc.nat({ max: memoryLimits.length - 1 });
const session = fc.constantFrom(...sessions);
const fault = fc.constantFrom<Fault>('none', 'none', 'none', 'fail', 'lose', 'repeat');
const deleteFault = fc.constantFrom<DeleteFault>(
  'none',
  'none',
  'fail',
  'lose',
  'repeat',
  'fail-second',
  'lose-second',
);

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: step(load, instance, session, fault) },
  { weight: 6, arbitrary: step(save, instance, session, fault) },
  { weight: 2, arbitrary: step(peek, instance, session, fault) },
  { weight: 1, arbitrary: step(remove, instance, session, deleteFault) },
  { weight: 2, arbitrary: step(saveOvertaken, instance, session, fc.integer({ min: 1, max: 9 })) },
  { weight: 2, arbitrary: step(update, instance, session, fc.constantFrom<'none' | 'lose'>('none', 'lose')) },
  { weight: 1, arbitrary: step(saveCreated, instance, session) },
  { weight: 1, arbitrary: step(saveTogether, instance, instance, session) },
  { weight: 1, arbitrary: step(runTurn, instance, session) },
  { weight: 1, arbitrary: step(restart, instance) },
  { weight: 1, arbitrary: step(wait, fc.constantFrom(1_000, timeToLive / 2, timeToLive)) },
);

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

describe.each(backendKinds)('on $name', (kind) => {
  beforeAll(() => kind.start());
  afterAll(() => kind.stop());

  it('does as the model does, whatever instances, rivals, faults and time do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 25, size: 'max' }), async (history) => {
        const instances = new Instances(kind.create(), new SessionModel(memoryLimits));
        for (const step of history) {
          await step(instances);
          instances.backend.faults.clear();
        }
      }),
      runs(),
    );
  });
});

function load(instance: number, session: string, fault: Fault): Step {
  return async (instances) => {
    const { model } = instances;
    instances.order(fault);
    const outcome = await outcomeOf(instances.store(instance).load(session));
    if (fault === 'fail' || fault === 'lose') {
      expect(outcome).toBe('UNAVAILABLE');
      model.block(instance, session);
    } else {
      expect(outcome).toBe(model.current(session));
      model.load(instance, session);
    }
  };
}

function peek(instance: number, session: string, fault: Fault): Step {
  return async (instances) => {
    instances.order(fault);
    const outcome = await outcomeOf(instances.store(instance).peek(session));
    expect(outcome).toBe(
      fault === 'fail' || fault === 'lose' ? 'UNAVAILABLE' : instances.model.current(session),
    );
  };
}

function save(instance: number, session: string, fault: Fault): Step {
  return async (instances) => {
    const version = instances.model.nextVersion();
    const expected = expectSave(instances.model, instance, session, version, fault);
    instances.order(fault);
    expect(await outcomeOf(instances.store(instance).save(session, createState(version)))).toBe(expected);
  };
}

/** What a save must come to, with the model brought up to date. */
function expectSave(
  model: SessionModel,
  instance: number,
  session: string,
  version: number,
  fault: Fault,
): unknown {
  if (model.isBlocked(instance, session)) return 'CONFLICT';
  const mayWrite = model.mayWrite(instance, session);
  if (mayWrite && fault !== 'fail') model.write(session, version);
  if (fault === 'fail' || fault === 'lose') {
    model.attempted(instance, session, version);
    return 'UNAVAILABLE';
  }
  if (mayWrite) model.saved(instance, session, version);
  else model.block(instance, session);
  return mayWrite ? undefined : 'CONFLICT';
}

function remove(instance: number, session: string, fault: DeleteFault): Step {
  return async (instances) => {
    const { model, backend } = instances;
    const isSecond = fault === 'fail-second' || fault === 'lose-second';
    const isStored = model.isStored(session);
    if (isSecond) backend.faults.passNext();
    if (fault === 'fail-second') backend.faults.failNext();
    else if (fault === 'lose-second') backend.faults.loseNextAnswer();
    else instances.order(fault);
    const hasFailed = isSecond ? isStored : fault === 'fail' || fault === 'lose';
    const outcome = await outcomeOf(instances.store(instance).delete(session));
    expect(outcome).toBe(hasFailed ? 'UNAVAILABLE' : undefined);
    if (!hasFailed || fault === 'lose-second') model.remove(session);
    model.block(instance, session);
  };
}

/** A save whose answer is lost, and which is sent again after rivals have loaded and saved. */
function saveOvertaken(instance: number, session: string, rivals: number): Step {
  return async (instances) => {
    const { model, backend } = instances;
    const version = model.nextVersion();
    const isBlocked = model.isBlocked(instance, session);
    const mayWrite = !isBlocked && model.mayWrite(instance, session);
    if (mayWrite) model.write(session, version);
    if (mayWrite) model.saved(instance, session, version);
    else if (!isBlocked) model.block(instance, session);
    backend.faults.repeatNext(async () => {
      const rival = instances.openRival();
      await rival.load(session);
      for (let save = 0; save < rivals; save++) {
        const theirs = model.nextVersion();
        await rival.save(session, createState(theirs));
        model.write(session, theirs);
      }
    });
    const outcome = await outcomeOf(instances.store(instance).save(session, createState(version)));
    // A record tells of its last eight revisions, and no more.
    if (mayWrite && rivals > 8) model.block(instance, session);
    expect(outcome).toBe(mayWrite && rivals <= 8 ? undefined : 'CONFLICT');
  };
}

/** An update through a holder of its own, which what the instance has seen does not matter to. */
function update(instance: number, session: string, fault: 'none' | 'lose'): Step {
  return async (instances) => {
    const { model, backend } = instances;
    const before = model.current(session);
    const version = model.nextVersion();
    backend.faults.passNext();
    instances.order(fault);
    const updating = instances.store(instance).update(session, (state) => {
      expect(state?.turnCount ?? null).toBe(before);
      return createState(version);
    });
    expect(await outcomeOf(updating)).toBe(version);
    model.write(session, version);
  };
}

function saveCreated(instance: number, session: string): Step {
  return async (instances) => {
    await instances.store(instance).save(session, createState(0, { status: 'created' }));
  };
}

/** Two saves under way at once: the first is held back until the second has been answered. */
function saveTogether(first: number, second: number, session: string): Step {
  return async (instances) => {
    const { model } = instances;
    if (first === second || model.isBlocked(first, session)) return;
    const [slow, quick] = [model.nextVersion(), model.nextVersion()];
    const release = instances.backend.faults.delayNext();
    const saving = outcomeOf(instances.store(first).save(session, createState(slow)));
    // Nobody overtakes a request before it has been held back.
    await new Promise(setImmediate);
    const expectedQuick = expectSave(model, second, session, quick, 'none');
    expect(await outcomeOf(instances.store(second).save(session, createState(quick)))).toBe(expectedQuick);
    const expectedSlow = expectSave(model, first, session, slow, 'none');
    release();
    expect(await saving).toBe(expectedSlow);
  };
}

/** An agent's first turn in a new process: nobody else comes between, and so nothing is refused. */
function runTurn(instance: number, session: string): Step {
  return async (instances) => {
    const { model } = instances;
    instances.restart(instance);
    const store = instances.store(instance);
    void store.save(session, createState(0, { status: 'created' }));
    expect(await outcomeOf(store.load(session))).toBe(model.current(session));
    for (const status of ['idle', 'busy', 'idle'] as const) {
      const version = model.nextVersion();
      model.write(session, version);
      model.saved(instance, session, version);
      await store.save(session, createState(version, { status }));
    }
  };
}

function restart(instance: number): Step {
  return async (instances) => instances.restart(instance);
}

function wait(milliseconds: number): Step {
  return async ({ model }) => {
    model.time += milliseconds;
  };
}

/** The turns that a loaded state counts, which name the save that made it; or the code of the failure. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    const result = await call;
    return typeof result === 'object' && result !== null ? Reflect.get(result, 'turnCount') : result;
  } catch (error) {
    if (isAgentStoreError(error)) return error.code;
    throw error;
  }
}
